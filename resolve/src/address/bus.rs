//! The bus of a device, where its kind or model determines it.

use virtargv_caps::{Convention, Release};
use virtargv_model::device::chardev::SerialTarget;
use virtargv_model::device::controller::{ControllerKind, ControllerType, ScsiModel, VirtioModel};
use virtargv_model::device::disk::{DiskBus, DiskModel};
use virtargv_model::device::filesystem::{FsDriver, FsModel};
use virtargv_model::device::hostdev::{Hostdev, HostdevSource, ScsiHostModel};
use virtargv_model::device::input::{InputBus, InputModel};
use virtargv_model::device::iommu::IommuModel;
use virtargv_model::device::memballoon::MemballoonModel;
use virtargv_model::device::memory_device::MemoryModel;
use virtargv_model::device::net::{Interface, KnownModel, NicModel, Source};
use virtargv_model::device::rng::RngModel;
use virtargv_model::device::sound::SoundModel;
use virtargv_model::device::video::VideoModel;
use virtargv_model::device::vsock::VsockModel;
use virtargv_model::device::{DeviceId, DeviceKind, Devices};

/// The virtio versions of a device, which determine the slots that accept it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Virtio {
    /// Transitional: 0.9 and 1.0. Only conventional PCI slots accept it.
    Transitional,
    /// 1.0 only, or as the slot allows.
    NonTransitional,
}

impl Virtio {
    fn new(transitional: bool) -> Self {
        if transitional { Self::Transitional } else { Self::NonTransitional }
    }
}

/// The virtio versions of device `id`; `None` where it is not a virtio device.
pub(super) fn virtio(devices: &Devices, id: DeviceId) -> Option<Virtio> {
    let n = id.index;
    let transitional = match id.kind {
        DeviceKind::Disk => {
            let disk = devices.disks.get(n).filter(|disk| disk.target.bus == Some(DiskBus::Virtio))?;
            disk.model == Some(DiskModel::VirtioTransitional)
        }
        DeviceKind::Interface => {
            let nic = devices.interfaces.get(n).filter(|nic| nic.is_virtio() && !is_host_device(nic))?;
            nic.model == Some(NicModel::Known(KnownModel::VirtioTransitional))
        }
        DeviceKind::Input => {
            let input = devices.inputs.get(n).filter(|input| input.bus == Some(InputBus::Virtio))?;
            input.model == Some(InputModel::VirtioTransitional)
        }
        DeviceKind::Controller => match &devices.controllers.get(n)?.kind {
            ControllerKind::VirtioSerial(serial) => serial.model == Some(VirtioModel::Transitional),
            ControllerKind::Scsi(Some(ScsiModel::VirtioTransitional)) => true,
            ControllerKind::Scsi(Some(ScsiModel::VirtioScsi | ScsiModel::VirtioNonTransitional)) => false,
            _ => return None,
        },
        DeviceKind::Hostdev => match &devices.hostdevs.get(n)?.source {
            HostdevSource::ScsiHost(host) => host.model == Some(ScsiHostModel::VirtioTransitional),
            _ => return None,
        },
        DeviceKind::Memballoon => match devices.memballoons.get(n)?.model? {
            MemballoonModel::VirtioTransitional => true,
            MemballoonModel::Virtio | MemballoonModel::VirtioNonTransitional => false,
            _ => return None,
        },
        DeviceKind::Rng => devices.rngs.get(n)?.model == Some(RngModel::VirtioTransitional),
        DeviceKind::Vsock => devices.vsocks.get(n)?.model == Some(VsockModel::VirtioTransitional),
        DeviceKind::Filesystem => {
            let fs = devices.filesystems.get(n)?;
            match fs.driver {
                None | Some(FsDriver::Path | FsDriver::Handle) => {
                    fs.model == Some(FsModel::VirtioTransitional)
                }
                Some(FsDriver::Virtiofs) => false,
                Some(_) => return None,
            }
        }
        DeviceKind::Video => match devices.videos.get(n)?.model? {
            VideoModel::Virtio => false,
            _ => return None,
        },
        DeviceKind::MemoryDevice => match devices.memories.get(n)?.model? {
            MemoryModel::VirtioPmem | MemoryModel::VirtioMem => false,
            _ => return None,
        },
        DeviceKind::Sound => match devices.sounds.get(n)?.model {
            SoundModel::Virtio => false,
            _ => return None,
        },
        DeviceKind::Iommu => match devices.iommus.get(n)?.model? {
            IommuModel::Virtio => false,
            _ => return None,
        },
        DeviceKind::Crypto => false,
        _ => return None,
    };
    Some(Virtio::new(transitional))
}

/// Whether device `id` is a USB device to `release`.
pub(super) fn is_usb(devices: &Devices, id: DeviceId, release: Release) -> bool {
    let n = id.index;
    match id.kind {
        DeviceKind::Hub | DeviceKind::Redirdev => true,
        DeviceKind::Hostdev => {
            devices.hostdevs.get(n).is_some_and(|h| matches!(h.source, HostdevSource::Usb(_)))
        }
        DeviceKind::Interface => devices.interfaces.get(n).is_some_and(|nic| match &nic.source {
            Source::Hostdev(host) => is_usb_interface(&host.device),
            _ => nic.model == Some(NicModel::Known(KnownModel::UsbNet)) && release.has(Convention::UsbNet),
        }),
        DeviceKind::Disk => devices.disks.get(n).is_some_and(|d| d.target.bus == Some(DiskBus::Usb)),
        DeviceKind::Controller => {
            devices.controllers.get(n).is_some_and(|c| c.controller_type() == ControllerType::Ccid)
        }
        DeviceKind::Input => devices.inputs.get(n).is_some_and(|i| i.bus == Some(InputBus::Usb)),
        DeviceKind::Serial => devices.serials.get(n).is_some_and(|s| s.target == Some(SerialTarget::Usb)),
        DeviceKind::Sound => devices.sounds.get(n).is_some_and(|s| s.model == SoundModel::Usb),
        DeviceKind::Filesystem => {
            devices.filesystems.get(n).is_some_and(|fs| fs.driver == Some(FsDriver::Mtp))
        }
        _ => false,
    }
}

fn is_usb_interface(device: &virtargv_model::device::hostdev::InterfaceDevice) -> bool {
    matches!(device, virtargv_model::device::hostdev::InterfaceDevice::Usb(_))
}

/// Whether the interface has the type `hostdev`, so that it is placed like a host device.
pub(super) fn is_host_device(interface: &Interface) -> bool {
    matches!(interface.source, Source::Hostdev(_))
}

/// Whether the host device is a mediated device of `model`.
pub(super) fn is_mdev(hostdev: &Hostdev, model: virtargv_model::device::hostdev::MdevModel) -> bool {
    matches!(&hostdev.source, HostdevSource::Mdev(mdev) if mdev.model == model)
}
