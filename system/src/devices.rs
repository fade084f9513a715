//! Devices of the host, as sysfs shows them.

use std::fs;

use virtargv_host::{Accel, Answer, Devices, HostError, PciDevice, UsbDevice};
use virtargv_model::info::PciAddress;

use crate::SystemHost;
use crate::root::from_io;

/// USB devices in sysfs.
const USB_DEVICES: &str = "/sys/bus/usb/devices";

impl Devices for SystemHost {
    fn pci_device(&self, address: &PciAddress) -> Answer<PciDevice> {
        let name = address.to_string();
        let directory = format!("/sys/bus/pci/devices/{name}");
        let config = fs::metadata(self.root.path(format!("{directory}/config")));
        let config = config.map_err(|error| from_io("PCI device", &name, &error))?;
        let group = self.root.link_name(&format!("{directory}/iommu_group"));
        let iommu_group = group.and_then(|group| group.parse().ok());
        // Conventional PCI devices have no more than 256 bytes of configuration.
        Ok(PciDevice { express: config.len() > 256, iommu_group })
    }

    /// A kernel without USB has no directory of devices, which libvirt reports.
    fn usb_devices(&self) -> Answer<Vec<UsbDevice>> {
        let names = self.root.names(USB_DEVICES)?;
        let mut devices: Vec<UsbDevice> = names.iter().filter_map(|name| self.usb_device(name)).collect();
        devices.sort_unstable();
        Ok(devices)
    }

    fn scsi_generic(&self, adapter: &str, bus: u32, target: u32, unit: u64) -> Answer<String> {
        let not_found = || HostError::not_found("SCSI host adapter", adapter);
        let host = adapter.strip_prefix("scsi_host").and_then(|number| number.parse().ok());
        let host: u32 = host.ok_or_else(not_found)?;
        let dir = format!("/sys/bus/scsi/devices/{host}:{bus}:{target}:{unit}/scsi_generic");
        self.root.names(&dir)?.into_iter().next().ok_or_else(not_found)
    }

    fn render_node(&self) -> Answer<String> {
        let node = self.root.names("/dev/dri")?.into_iter().find(|name| name.starts_with("renderD"));
        node.map(|node| format!("/dev/dri/{node}"))
            .ok_or_else(|| HostError::not_found("DRM render node", "/dev/dri/renderD128"))
    }

    /// vhost-net is for guests that run under KVM, where its device can be opened.
    fn vhost_net(&self, accel: Accel) -> Answer<bool> {
        Ok(accel == Accel::Kvm && self.root.can_open("/dev/vhost-net"))
    }

    fn vhost_vsock(&self) -> Answer<bool> {
        Ok(self.root.can_open("/dev/vhost-vsock"))
    }

    /// An IOMMU has groups of devices, and the kernel has VFIO.
    fn vfio(&self) -> Answer<bool> {
        let has_groups = self.root.names("/sys/kernel/iommu_groups").is_ok_and(|names| !names.is_empty());
        Ok(has_groups && self.root.exists("/dev/vfio/vfio"))
    }

    fn vhost_scsi(&self) -> Answer<bool> {
        Ok(self.root.exists("/dev/vhost-scsi"))
    }

    /// CID 3, the first that a guest can have: which CIDs other guests use is not known.
    fn free_vsock_cid(&self) -> Answer<u32> {
        Ok(3)
    }
}

impl SystemHost {
    /// The USB device with this name in sysfs; `None` for an interface of a device.
    fn usb_device(&self, name: &str) -> Option<UsbDevice> {
        let attribute = |attribute: &str| self.root.word(&format!("{USB_DEVICES}/{name}/{attribute}"));
        let decimal = |text: String| text.parse().ok();
        let hexadecimal = |text: String| u16::from_str_radix(&text, 16).ok();
        Some(UsbDevice {
            bus: decimal(attribute("busnum")?)?,
            device: decimal(attribute("devnum")?)?,
            port: attribute("devpath"),
            vendor: hexadecimal(attribute("idVendor")?)?,
            product: hexadecimal(attribute("idProduct")?)?,
        })
    }
}
