//! `devices`: devices of the host.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use virtargv_caps::Accel;
use virtargv_model::info::PciAddress;

use super::{DescribedHost, Failure, told};
use crate::{Answer, Devices, HostError, PciDevice, UsbDevice};

/// `devices`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DeviceFacts {
    /// By address, such as `0000:01:00.0`.
    pub(crate) pci: BTreeMap<String, Pci>,
    /// All USB devices.
    pub(crate) usb: Option<Vec<UsbDevice>>,
    /// Why there is no list of USB devices.
    pub(crate) usb_error: Option<Failure>,
    /// The generic devices of SCSI units, by adapter, bus, target and unit: `scsi_host0:0:1:2`.
    pub(crate) scsi: BTreeMap<String, Unit>,
    /// The path of a DRM render node.
    pub(crate) render_node: Option<Unit>,
    /// Whether vhost-net serves guests, by accelerator: `kvm`, `tcg`.
    pub(crate) vhost_net: BTreeMap<String, bool>,
    pub(crate) vhost_vsock: Option<bool>,
    /// Whether PCI devices can be given to guests.
    pub(crate) vfio: Option<bool>,
    pub(crate) vhost_scsi: Option<bool>,
    pub(crate) free_vsock_cid: Option<u32>,
}

/// A PCI device.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Pci {
    pub(crate) express: Option<bool>,
    pub(crate) iommu_group: Option<u32>,
    pub(crate) error: Option<Failure>,
}

/// A device by the name or path that is used for it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Unit {
    pub(crate) device: Option<String>,
    pub(crate) error: Option<Failure>,
}

impl Unit {
    /// The answer of a host.
    pub(crate) fn of(answer: &Answer<String>) -> Option<Self> {
        match answer {
            Ok(device) => Some(Self { device: Some(device.clone()), error: None }),
            Err(error) => Failure::of(error).map(|failure| Self { device: None, error: Some(failure) }),
        }
    }
}

/// The key of a SCSI unit.
pub(crate) fn scsi_key(adapter: &str, bus: u32, target: u32, unit: u64) -> String {
    format!("{adapter}:{bus}:{target}:{unit}")
}

impl Devices for DescribedHost {
    fn pci_device(&self, address: &PciAddress) -> Answer<PciDevice> {
        const UNKNOWN: &str = "its PCI devices";
        let name = address.to_string();
        let device = self.told.devices.pci.get(&name).ok_or(HostError::Unknown(UNKNOWN))?;
        let value = device.express.map(|express| PciDevice { express, iommu_group: device.iommu_group });
        told(value, device.error.as_ref(), "PCI device", &name, UNKNOWN)
    }

    fn usb_devices(&self) -> Answer<Vec<UsbDevice>> {
        let (found, error) = (self.told.devices.usb.clone(), self.told.devices.usb_error.as_ref());
        told(found, error, "directory", "/sys/bus/usb/devices", "its USB devices")
    }

    fn scsi_generic(&self, adapter: &str, bus: u32, target: u32, unit: u64) -> Answer<String> {
        const UNKNOWN: &str = "its SCSI devices";
        let key = scsi_key(adapter, bus, target, unit);
        let found = self.told.devices.scsi.get(&key).ok_or(HostError::Unknown(UNKNOWN))?;
        told(found.device.clone(), found.error.as_ref(), "SCSI host adapter", adapter, UNKNOWN)
    }

    fn render_node(&self) -> Answer<String> {
        const UNKNOWN: &str = "its DRM render nodes";
        let node = self.told.devices.render_node.as_ref().ok_or(HostError::Unknown(UNKNOWN))?;
        if node.error == Some(Failure::NoDirectory) {
            return Err(HostError::no_directory("/dev/dri"));
        }
        told(node.device.clone(), node.error.as_ref(), "DRM render node", "/dev/dri/renderD128", UNKNOWN)
    }

    fn vhost_net(&self, accel: Accel) -> Answer<bool> {
        let known = self.told.devices.vhost_net.get(&accel.to_string()).copied();
        known.ok_or(HostError::Unknown("whether vhost-net can be used"))
    }

    fn vhost_vsock(&self) -> Answer<bool> {
        self.told.devices.vhost_vsock.ok_or(HostError::Unknown("whether vhost-vsock can be used"))
    }

    fn vfio(&self) -> Answer<bool> {
        self.told.devices.vfio.ok_or(HostError::Unknown("whether PCI devices can be given to guests"))
    }

    fn vhost_scsi(&self) -> Answer<bool> {
        self.told.devices.vhost_scsi.ok_or(HostError::Unknown("whether vhost-scsi can be used"))
    }

    fn free_vsock_cid(&self) -> Answer<u32> {
        self.told.devices.free_vsock_cid.ok_or(HostError::Unknown("which vsock CIDs are free"))
    }
}
