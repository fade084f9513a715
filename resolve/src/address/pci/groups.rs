//! IOMMU groups of host devices, which pseries guests have on separate host bridges.

use foldhash::HashMap;
use virtargv_model::device::hostdev::{HostdevSource, InterfaceDevice};
use virtargv_model::device::net::{InterfaceType, Source};
use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::info::PciAddress;

use crate::Work;

/// The group of each host device; 0 for all other devices.
#[derive(Debug, Default)]
pub(super) struct Groups(HashMap<DeviceId, u32>);

impl Groups {
    /// The groups of the host devices, by the IOMMU groups of the host. The device that a virtual network will assign
    /// is not known yet, so its interface has a group of its own, numbered from the highest number down.
    pub fn of(work: &Work<'_>) -> Self {
        let mut groups = HashMap::default();
        if !work.guest.is_pseries() {
            return Self(groups);
        }
        let devices = &work.domain.devices;
        // The host has a group 0, too.
        let of_host = |address: &PciAddress| {
            let group = work.host.devices().pci_device(address).ok()?.iommu_group?;
            group.checked_add(1)
        };
        let mut synthetic = u32::MAX;
        for (index, interface) in devices.interfaces.iter().enumerate() {
            let id = DeviceId { kind: DeviceKind::Interface, index };
            let group = match &interface.source {
                Source::Hostdev(device) => match &device.device {
                    InterfaceDevice::Pci(pci) => of_host(&pci.address),
                    InterfaceDevice::Usb(_) => None,
                },
                Source::Network(_) if interface.actual_kind() == InterfaceType::Hostdev => {
                    synthetic -= 1;
                    Some(synthetic + 1)
                }
                _ => None,
            };
            groups.extend(group.map(|group| (id, group)));
        }
        for (index, hostdev) in devices.hostdevs.iter().enumerate() {
            if let HostdevSource::Pci(pci) = &hostdev.source
                && let Some(group) = of_host(&pci.address)
            {
                groups.insert(DeviceId { kind: DeviceKind::Hostdev, index }, group);
            }
        }
        Self(groups)
    }

    /// The group of `id`.
    pub fn of_device(&self, id: DeviceId) -> u32 {
        self.0.get(&id).copied().unwrap_or(0)
    }
}
