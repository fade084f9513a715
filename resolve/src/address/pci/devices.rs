//! What each kind and model of device requires of a PCI bus.

use virtargv_caps::{Cap, Caps, Convention};
use virtargv_host::Host;
use virtargv_model::Domain;
use virtargv_model::device::chardev::SerialTarget;
use virtargv_model::device::controller::{
    Controller, ControllerKind, ControllerType, PciModel, ScsiModel, UsbModel,
};
use virtargv_model::device::disk::{DiskBus, DiskModel};
use virtargv_model::device::hostdev::{HostdevSource, InterfaceDevice, MdevModel};
use virtargv_model::device::iommu::IommuModel;
use virtargv_model::device::memballoon::MemballoonModel;
use virtargv_model::device::net::{Interface, KnownModel, NicModel, Source};
use virtargv_model::device::panic::PanicModel;
use virtargv_model::device::sound::SoundModel;
use virtargv_model::device::video::{Video, VideoModel};
use virtargv_model::device::watchdog::WatchdogModel;
use virtargv_model::device::{DeviceId, DeviceKind, Devices};
use virtargv_model::info::PciAddress;

use super::super::bus::{self, Virtio};
use super::connect::Connect;
use crate::Work;

/// The requirements that depend on guest and host.
#[derive(Clone, Copy)]
pub(super) struct Needs<'h> {
    /// PCI Express devices.
    pcie: Connect,
    /// virtio devices that are not transitional.
    virtio: Connect,
    /// Whether the network devices of boards are not PCI devices.
    board_nics: bool,
    host: &'h dyn Host,
}

/// What a conventional PCI device requires.
pub(super) const PCI: Connect = Connect::PCI.union(Connect::AUTO);

impl<'h> Needs<'h> {
    /// The requirements in a guest. PCI Express devices are in PCI slots where the guest has no PCI Express; so are
    /// virtio devices of a QEMU without virtio 1.0 only devices.
    pub fn of(domain: &Domain, caps: &Caps, host: &'h dyn Host) -> Self {
        let pcie =
            if has_root(domain, PciModel::PcieRoot) { Connect::PCIE.union(Connect::AUTO) } else { PCI };
        let virtio = if caps.has(Cap::VirtioPciDisableLegacy) { pcie } else { PCI };
        let board_nics = caps.release().has(Convention::BoardNicsWithoutPci);
        Self { pcie, virtio, board_nics, host }
    }

    /// What device `id` requires; empty where it is not a PCI device.
    pub fn device(&self, devices: &Devices, id: DeviceId) -> Connect {
        if is_virtio_with_usb_model(devices, id) {
            return Connect::empty();
        }
        match bus::virtio(devices, id) {
            Some(_) if id.kind == DeviceKind::Crypto => PCI,
            // Transitional devices need I/O ports, so only PCI slots accept them.
            Some(Virtio::Transitional) => PCI,
            Some(Virtio::NonTransitional) if id.kind == DeviceKind::Iommu => {
                self.virtio.union(Connect::INTEGRATED)
            }
            Some(Virtio::NonTransitional) => self.virtio,
            None => self.other(devices, id).unwrap_or(Connect::empty()),
        }
    }

    fn other(&self, devices: &Devices, id: DeviceId) -> Option<Connect> {
        let n = id.index;
        let pci = match id.kind {
            DeviceKind::Controller => return Some(self.controller(devices.controllers.get(n)?)),
            DeviceKind::Interface => return Some(self.interface(devices.interfaces.get(n)?)),
            DeviceKind::Hostdev => return Some(self.hostdev(devices, n)),
            DeviceKind::Video => return Some(self.video(devices.videos.get(n)?.model?)),
            DeviceKind::Panic => {
                let pci = devices.panics.get(n)?.model == Some(PanicModel::Pvpanic);
                return pci.then_some(PCI.union(Connect::INTEGRATED));
            }
            DeviceKind::Iommu => {
                let pci = devices.iommus.get(n)?.model == Some(IommuModel::Amd);
                return pci.then_some(PCI.union(Connect::INTEGRATED));
            }
            DeviceKind::Sound => matches!(
                devices.sounds.get(n)?.model,
                SoundModel::Es1370 | SoundModel::Ac97 | SoundModel::Ich6 | SoundModel::Ich9
            ),
            DeviceKind::Watchdog => devices.watchdogs.get(n)?.model == Some(WatchdogModel::I6300esb),
            DeviceKind::Serial => devices.serials.get(n)?.target == Some(SerialTarget::Pci),
            DeviceKind::Shmem | DeviceKind::Pstore => true,
            _ => false,
        };
        pci.then_some(PCI)
    }

    fn controller(&self, controller: &Controller) -> Connect {
        match &controller.kind {
            ControllerKind::Pci(pci) => pci.model.map_or(Connect::empty(), Connect::of_controller),
            ControllerKind::Sata | ControllerKind::Ide(_) => PCI,
            ControllerKind::Usb(usb) => match usb.model {
                Some(UsbModel::NecXhci | UsbModel::QemuXhci) => self.pcie,
                Some(UsbModel::Qusb1 | UsbModel::Qusb2 | UsbModel::None) => Connect::empty(),
                // Without a model it is the controller of the machine.
                _ => PCI,
            },
            ControllerKind::Scsi(model) => match model {
                None | Some(ScsiModel::Ncr53c90) => Connect::empty(),
                Some(_) => PCI,
            },
            ControllerKind::Nvme(_) => self.pcie,
            ControllerKind::VirtioSerial(_)
            | ControllerKind::Fdc
            | ControllerKind::Ccid
            | ControllerKind::Xenbus(_)
            | ControllerKind::Isa => Connect::empty(),
        }
    }

    fn interface(&self, interface: &Interface) -> Connect {
        if let Source::Hostdev(device) = &interface.source {
            return match &device.device {
                InterfaceDevice::Pci(pci) => self.host_pci(&pci.address, interface.info.pci()),
                InterfaceDevice::Usb(_) => Connect::empty(),
            };
        }
        match &interface.model {
            Some(NicModel::Known(KnownModel::UsbNet)) => Connect::empty(),
            Some(NicModel::Known(model)) if self.board_nics && is_on_board(*model) => Connect::empty(),
            // Without a model it is a host device of a virtual network; unknown models are taken as PCI Express.
            None | Some(NicModel::Other(_) | NicModel::Known(KnownModel::E1000e | KnownModel::Igb)) => {
                self.pcie
            }
            Some(_) => PCI,
        }
    }

    fn hostdev(&self, devices: &Devices, n: usize) -> Connect {
        let Some(hostdev) = devices.hostdevs.get(n) else { return Connect::empty() };
        match &hostdev.source {
            HostdevSource::Pci(pci) => self.host_pci(&pci.address, hostdev.info.pci()),
            // All known mediated devices are PCI Express devices.
            HostdevSource::Mdev(mdev) if mdev.model == MdevModel::VfioPci => self.pcie,
            _ => Connect::empty(),
        }
    }

    /// A host device that is not known is taken as PCI Express. The kind of one with an address does not matter.
    fn host_pci(&self, address: &PciAddress, place: Option<&PciAddress>) -> Connect {
        if self.pcie == PCI || place.is_some_and(|place| !place.is_empty()) {
            return self.pcie;
        }
        let express = self.host.devices().pci_device(address).map_or(true, |device| device.express);
        if express { self.pcie } else { PCI }
    }

    fn video(&self, model: VideoModel) -> Connect {
        match model {
            VideoModel::Bochs => self.pcie,
            VideoModel::Default | VideoModel::Gop | VideoModel::None | VideoModel::Ramfb => Connect::empty(),
            _ => PCI,
        }
    }
}

/// Whether a network device is on Arm boards only.
fn is_on_board(model: KnownModel) -> bool {
    matches!(model, KnownModel::Lan9118 | KnownModel::Smc91c111)
}

/// Whether it is a disk on the bus `virtio` with a model for the bus `usb`, which no PCI bus accepts.
fn is_virtio_with_usb_model(devices: &Devices, id: DeviceId) -> bool {
    let disk = devices.disks.get(id.index).filter(|_| id.kind == DeviceKind::Disk);
    disk.is_some_and(|disk| {
        disk.bus() == Some(DiskBus::Virtio)
            && matches!(disk.model, Some(DiskModel::UsbStorage | DiskModel::UsbBot))
    })
}

/// Whether libvirt assigns device `id` a PCI address even though no bus accepts it, which fails.
pub(super) fn is_forced(work: &Work<'_>, id: DeviceId) -> bool {
    let (devices, n) = (&work.domain.devices, id.index);
    let forced = match id.kind {
        DeviceKind::Interface if work.release.has(Convention::BoardNicsWithoutPci) => {
            devices.interfaces.get(n).map(|nic| match &nic.model {
                Some(NicModel::Known(model)) if is_on_board(*model) => false,
                _ => !bus::is_usb(devices, id, work.release),
            })
        }
        DeviceKind::Filesystem | DeviceKind::Interface => Some(!bus::is_usb(devices, id, work.release)),
        DeviceKind::Sound => devices
            .sounds
            .get(n)
            .map(|sound| !matches!(sound.model, SoundModel::Sb16 | SoundModel::Pcspk | SoundModel::Usb)),
        DeviceKind::Controller => devices.controllers.get(n).map(|controller| {
            matches!(
                controller.kind,
                ControllerKind::Xenbus(_) | ControllerKind::Isa | ControllerKind::Scsi(None)
            )
        }),
        DeviceKind::Memballoon => {
            devices.memballoons.get(n).map(|balloon| balloon.model != Some(MemballoonModel::None))
        }
        DeviceKind::Video => devices.videos.get(n).map(is_pci_video),
        DeviceKind::Disk => Some(is_virtio_with_usb_model(devices, id)),
        _ => None,
    };
    forced.unwrap_or(false)
}

/// Whether libvirt treats the video device as a PCI device: all models but `none` and `ramfb`.
pub(super) fn is_pci_video(video: &Video) -> bool {
    !matches!(video.model, Some(VideoModel::None | VideoModel::Ramfb))
}

/// Whether PCI controller 0 has the model `root`.
pub(super) fn has_root(domain: &Domain, root: PciModel) -> bool {
    let first = domain.devices.controllers.iter().find(|c| c.is(ControllerType::Pci, 0));
    first.is_some_and(|c| c.pci_model() == Some(root))
}
