//! The order in which PCI addresses are assigned.

use virtargv_caps::Cap;
use virtargv_model::device::controller::{Controller, ControllerKind, UsbModel};
use virtargv_model::device::{DeviceId, DeviceKind, Devices};
use virtargv_model::info::{Address, DeviceInfo, PciAddress};
use virtargv_model::{Class, OnOff};

use super::super::bus;
use super::{Placer, Refused};
use crate::defaults::controller::is_usb2_part;

/// The kinds of devices, in libvirt's order. PCI controllers come first, other controllers between these lists.
const BEFORE_CONTROLLERS: &[DeviceKind] = &[DeviceKind::Filesystem, DeviceKind::Interface, DeviceKind::Sound];
const AFTER_CONTROLLERS: &[DeviceKind] = &[
    DeviceKind::Disk,
    DeviceKind::Hostdev,
    DeviceKind::Memballoon,
    DeviceKind::Rng,
    DeviceKind::Watchdog,
    DeviceKind::Video,
    DeviceKind::Shmem,
    DeviceKind::Input,
    DeviceKind::Serial,
    DeviceKind::Iommu,
    DeviceKind::Vsock,
    DeviceKind::MemoryDevice,
    DeviceKind::Crypto,
    DeviceKind::Panic,
    DeviceKind::Pstore,
];

/// Whether the device has no address yet, and can be on PCI.
pub(super) fn is_wanted(info: &DeviceInfo) -> bool {
    match &info.address {
        None => true,
        Some(Address::Pci(pci)) => pci.is_empty(),
        Some(_) => false,
    }
}

/// The PCI address, where the document or an earlier step has set one.
pub(super) fn present(info: &DeviceInfo) -> Option<PciAddress> {
    info.pci().filter(|pci| !pci.is_empty()).copied()
}

/// Assigns an address to every device that needs one.
pub(super) fn place_all(placer: &mut Placer<'_, '_>) -> Result<(), Refused> {
    for n in 0..placer.devices().controllers.len() {
        if placer.devices().controllers.get(n).is_some_and(|c| c.pci().is_some()) {
            placer.place(DeviceId { kind: DeviceKind::Controller, index: n })?;
        }
    }
    for kind in BEFORE_CONTROLLERS {
        place_kind(placer, *kind)?;
    }
    for n in 0..placer.devices().controllers.len() {
        place_controller(placer, n)?;
    }
    for kind in AFTER_CONTROLLERS {
        if *kind == DeviceKind::Hostdev {
            // Interfaces of type `hostdev` are placed with host devices.
            place_interfaces(placer, true)?;
        }
        place_kind(placer, *kind)?;
    }
    Ok(())
}

fn place_kind(placer: &mut Placer<'_, '_>, kind: DeviceKind) -> Result<(), Refused> {
    match kind {
        DeviceKind::Interface => return place_interfaces(placer, false),
        DeviceKind::Disk => check_disks(placer)?,
        _ => {}
    }
    for index in 0..count(placer.devices(), kind) {
        placer.place(DeviceId { kind, index })?;
    }
    Ok(())
}

fn place_interfaces(placer: &mut Placer<'_, '_>, host_devices: bool) -> Result<(), Refused> {
    for index in 0..placer.devices().interfaces.len() {
        let interface = placer.devices().interfaces.get(index);
        if interface.is_some_and(|interface| bus::is_host_device(interface) == host_devices) {
            placer.place(DeviceId { kind: DeviceKind::Interface, index })?;
        }
    }
    Ok(())
}

/// Checks that virtio disks are on PCI or another bus for virtio.
fn check_disks(placer: &mut Placer<'_, '_>) -> Result<(), Refused> {
    let mmio = placer.work.caps.has(Cap::DeviceVirtioMmio);
    let odd = placer.devices().disks.iter().enumerate().find_map(|(index, disk)| {
        let id = DeviceId { kind: DeviceKind::Disk, index };
        bus::virtio(placer.devices(), id)?;
        match &disk.info.address {
            None | Some(Address::Pci(_) | Address::Ccw(_) | Address::VirtioS390) => None,
            Some(Address::VirtioMmio) if mmio => None,
            Some(address) => Some((id, address.kind())),
        }
    });
    match odd {
        Some((id, kind)) => {
            let message = format!("a virtio disk has an address of type `{kind}`");
            Err(placer.refused(id, Class::Unsupported, message))
        }
        None => Ok(()),
    }
}

fn count(devices: &Devices, kind: DeviceKind) -> usize {
    match kind {
        DeviceKind::Filesystem => devices.filesystems.len(),
        DeviceKind::Sound => devices.sounds.len(),
        DeviceKind::Disk => devices.disks.len(),
        DeviceKind::Hostdev => devices.hostdevs.len(),
        DeviceKind::Memballoon => devices.memballoons.len(),
        DeviceKind::Rng => devices.rngs.len(),
        DeviceKind::Watchdog => devices.watchdogs.len(),
        DeviceKind::Video => devices.videos.len(),
        DeviceKind::Shmem => devices.shmems.len(),
        DeviceKind::Input => devices.inputs.len(),
        DeviceKind::Serial => devices.serials.len(),
        DeviceKind::Iommu => devices.iommus.len(),
        DeviceKind::Vsock => devices.vsocks.len(),
        DeviceKind::MemoryDevice => devices.memories.len(),
        DeviceKind::Crypto => devices.cryptos.len(),
        DeviceKind::Panic => devices.panics.len(),
        DeviceKind::Pstore => devices.pstores.len(),
        _ => 0,
    }
}

/// Assigns the address of a controller other than a PCI controller. The first IDE controller belongs to the chipset.
fn place_controller(placer: &mut Placer<'_, '_>, n: usize) -> Result<(), Refused> {
    let Some(controller) = placer.devices().controllers.get(n) else { return Ok(()) };
    let first_ide = matches!(controller.kind, ControllerKind::Ide(_)) && controller.number() == 0;
    if controller.pci().is_some() || first_ide || !is_wanted(&controller.info) {
        return Ok(());
    }
    let id = DeviceId { kind: DeviceKind::Controller, index: n };
    match controller.usb_model().filter(|model| is_usb2_part(*model)) {
        Some(model) => place_usb2(placer, id, model),
        None => placer.place(id),
    }
}

/// Assigns the address of a part of a USB 2 controller. All parts share a slot, each at a function of its own.
fn place_usb2(placer: &mut Placer<'_, '_>, id: DeviceId, model: UsbModel) -> Result<(), Refused> {
    let (function, multifunction) = match model {
        UsbModel::Ich9Ehci1 => (7, None),
        UsbModel::Ich9Uhci2 => (1, None),
        UsbModel::Ich9Uhci3 => (2, None),
        _ => (0, Some(OnOff::On)),
    };
    let index = placer.devices().controllers.get(id.index).map(Controller::number);
    let placed = index.and_then(|index| placer.usb2.get(&index).copied());
    let Some(other) = placed else { return placer.place_at_function(id, function, multifunction) };
    let mut at = PciAddress { function: function.into(), multifunction, zpci: None, ..other };
    placer.reserve(id, &mut at)?;
    placer.set(id, at);
    Ok(())
}
