//! What each device needs of a PCI bus: one row a kind of device and model.

use virtargv_caps::{Cap, Caps};
use virtargv_model::Domain;
use virtargv_model::device::chardev::SerialTarget;
use virtargv_model::device::controller::{
    Controller, ControllerKind, PciModel, ScsiModel, UsbModel, VirtioModel,
};
use virtargv_model::device::disk::{DiskBus, DiskModel};
use virtargv_model::device::input::{InputBus, InputModel};
use virtargv_model::device::iommu::IommuModel;
use virtargv_model::device::memballoon::MemballoonModel;
use virtargv_model::device::memory_device::MemoryModel;
use virtargv_model::device::watchdog::WatchdogModel;
use virtargv_model::device::{DeviceId, DeviceKind, Devices};

use super::connect::Connect;

/// What the two kinds of device that depend on the guest need.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needs {
    /// PCI Express devices.
    pcie: Connect,
    /// virtio devices that are not bound to conventional PCI.
    virtio: Connect,
}

/// What a conventional PCI device needs.
pub(super) const PCI: Connect = Connect::PCI.and(Connect::AUTO);

impl Needs {
    /// PCI Express devices take a conventional slot where there is nothing else, and old virtio devices do always.
    pub fn of(domain: &Domain, caps: &Caps) -> Self {
        let pcie = if has_root(domain, PciModel::PcieRoot) { Connect::PCIE.and(Connect::AUTO) } else { PCI };
        let virtio = if caps.has(Cap::VirtioPciDisableLegacy) { pcie } else { PCI };
        Self { pcie, virtio }
    }

    /// What device `id` needs; nothing where it is no PCI device.
    pub fn device(&self, devices: &Devices, id: DeviceId) -> Connect {
        self.known(devices, id).unwrap_or(Connect::NONE)
    }

    fn known(&self, devices: &Devices, id: DeviceId) -> Option<Connect> {
        let n = id.index;
        Some(match id.kind {
            DeviceKind::Controller => self.controller(devices.controllers.get(n)?),
            DeviceKind::Disk => {
                let disk = devices.disks.get(n)?;
                let transitional = disk.model == Some(DiskModel::VirtioTransitional);
                if disk.target.bus == Some(DiskBus::Virtio) {
                    self.virtio(transitional)
                } else {
                    Connect::NONE
                }
            }
            DeviceKind::Input => {
                let input = devices.inputs.get(n)?;
                let transitional = input.model == Some(InputModel::VirtioTransitional);
                if input.bus == Some(InputBus::Virtio) { self.virtio(transitional) } else { Connect::NONE }
            }
            DeviceKind::Memballoon => match devices.memballoons.get(n)?.model? {
                MemballoonModel::VirtioTransitional => PCI,
                MemballoonModel::Virtio | MemballoonModel::VirtioNonTransitional => self.virtio,
                _ => Connect::NONE,
            },
            DeviceKind::Watchdog => match devices.watchdogs.get(n)?.model? {
                WatchdogModel::I6300esb => PCI,
                _ => Connect::NONE,
            },
            DeviceKind::Serial => match devices.serials.get(n)?.target? {
                SerialTarget::Pci => PCI,
                _ => Connect::NONE,
            },
            DeviceKind::Iommu => match devices.iommus.get(n)?.model? {
                IommuModel::Virtio => self.virtio.and(Connect::INTEGRATED),
                _ => Connect::NONE,
            },
            DeviceKind::MemoryDevice => match devices.memories.get(n)?.model? {
                MemoryModel::VirtioPmem | MemoryModel::VirtioMem => self.virtio,
                _ => Connect::NONE,
            },
            DeviceKind::Shmem | DeviceKind::Crypto => PCI,
            DeviceKind::Interface | DeviceKind::Sound | DeviceKind::Hostdev | DeviceKind::Video => PCI,
            DeviceKind::Filesystem | DeviceKind::Rng | DeviceKind::Vsock => self.virtio,
            _ => Connect::NONE,
        })
    }

    fn virtio(&self, transitional: bool) -> Connect {
        // Transitional devices only work in conventional slots.
        if transitional { PCI } else { self.virtio }
    }

    fn controller(&self, controller: &Controller) -> Connect {
        match &controller.kind {
            ControllerKind::Pci(pci) => pci.model.map_or(Connect::NONE, Connect::of_controller),
            ControllerKind::Sata | ControllerKind::Ide(_) => PCI,
            ControllerKind::Usb(usb) => match usb.model {
                Some(UsbModel::NecXhci | UsbModel::QemuXhci) => self.pcie,
                Some(UsbModel::Qusb1 | UsbModel::Qusb2 | UsbModel::None) => Connect::NONE,
                // Without a model it is the machine's own.
                _ => PCI,
            },
            ControllerKind::Scsi(model) => match model {
                None | Some(ScsiModel::Ncr53c90) => Connect::NONE,
                Some(ScsiModel::VirtioScsi | ScsiModel::VirtioNonTransitional) => self.virtio,
                Some(_) => PCI,
            },
            ControllerKind::VirtioSerial(serial) => {
                self.virtio(serial.model == Some(VirtioModel::Transitional))
            }
            ControllerKind::Fdc
            | ControllerKind::Ccid
            | ControllerKind::Xenbus(_)
            | ControllerKind::Isa
            | ControllerKind::Nvme(_) => Connect::NONE,
        }
    }
}

/// Whether the first PCI controller is a root of that kind.
pub(super) fn has_root(domain: &Domain, root: PciModel) -> bool {
    use virtargv_model::device::controller::ControllerType;
    let first = domain.devices.controllers.iter().find(|c| c.is(ControllerType::Pci, 0));
    first.is_some_and(|c| c.pci_model() == Some(root))
}
