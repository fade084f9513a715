//! The PCI addresses of the chipset: those of integrated devices, and those that it reserves.

use virtargv_caps::Cap;
use virtargv_model::device::controller::{Controller, ControllerKind, PciModel, UsbModel};
use virtargv_model::device::sound::{Sound, SoundModel};
use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::info::PciAddress;
use virtargv_model::{Class, OnOff};

use super::connect::Connect;
use super::devices::{PCI, is_pci_video};
use super::slots::{is_wanted, present};
use super::{Placer, Refused};

/// A function of a slot on bus 0.
const fn at(slot: u32, function: u32) -> PciAddress {
    PciAddress { domain: 0, bus: 0, slot, function, multifunction: None, zpci: None }
}

/// The IDE controller of the PIIX3.
const PIIX3_IDE: PciAddress = at(1, 1);
/// The USB controller of the PIIX3.
const PIIX3_USB: PciAddress = at(1, 2);
/// The SATA controller of the ICH9.
const ICH9_SATA: PciAddress = at(0x1f, 2);

/// Whether the controller is part of the PIIX3 and has its address, which [`i440fx`] takes.
pub(super) fn is_piix3(controller: &Controller, address: &PciAddress) -> bool {
    piix3_place(controller).is_some_and(|place| same_place(&place, address))
}

fn same_place(a: &PciAddress, b: &PciAddress) -> bool {
    (a.domain, a.bus, a.slot, a.function) == (b.domain, b.bus, b.slot, b.function)
}

/// The address of a controller that is part of the PIIX3.
fn piix3_place(controller: &Controller) -> Option<PciAddress> {
    match &controller.kind {
        _ if controller.number() != 0 => None,
        ControllerKind::Ide(_) => Some(PIIX3_IDE),
        ControllerKind::Usb(usb) => {
            matches!(usb.model, None | Some(UsbModel::Piix3Uhci)).then_some(PIIX3_USB)
        }
        _ => None,
    }
}

/// The i440FX chipset with its PIIX3: slot 1 is the PIIX3, slot 2 is the first video device.
pub(super) fn i440fx(placer: &mut Placer<'_, '_>) -> Result<(), Refused> {
    for n in 0..placer.devices().controllers.len() {
        let Some(controller) = placer.devices().controllers.get(n) else { continue };
        let Some(place) = piix3_place(controller) else { continue };
        let id = DeviceId { kind: DeviceKind::Controller, index: n };
        match present(&controller.info) {
            Some(address) if !same_place(&place, &address) => {
                let message = format!(
                    "the first `{}` controller belongs to the chipset at PCI address `{place}`, not at `{address}`",
                    controller.controller_type()
                );
                return Err(placer.refused(id, Class::Internal, message));
            }
            Some(_) => {}
            None => placer.set(id, place),
        }
        placer.chipset(place, PCI)?;
    }
    placer.chipset(at(1, 0), PCI)?;
    placer.chipset(at(1, 3), PCI)?;
    first_video(placer, 2, PCI)
}

/// The Q35 chipset with its ICH9: slot 0x1f is the ICH9, slot 1 is the first video device. USB 2 controllers, the
/// DMI-to-PCI bridge and the sound device have the addresses of physical boards.
pub(super) fn q35(placer: &mut Placer<'_, '_>) -> Result<(), Refused> {
    for n in 0..placer.devices().controllers.len() {
        q35_controller(placer, n)?;
    }
    placer.chipset(at(0x1f, 0), Connect::PCIE)?;
    placer.chipset(at(0x1f, 3), Connect::PCIE)?;
    first_video(placer, 1, Connect::PCIE)?;
    ich9_sound(placer)
}

fn q35_controller(placer: &mut Placer<'_, '_>, n: usize) -> Result<(), Refused> {
    let Some(controller) = placer.devices().controllers.get(n) else { return Ok(()) };
    let id = DeviceId { kind: DeviceKind::Controller, index: n };
    let open = controller.info.address.is_none();
    match &controller.kind {
        ControllerKind::Sata if controller.number() == 0 => match present(&controller.info) {
            Some(address) if !same_place(&ICH9_SATA, &address) => {
                let message = format!(
                    "the first `sata` controller belongs to the chipset at PCI address `{ICH9_SATA}`, not at \
                     `{address}`"
                );
                return Err(placer.refused(id, Class::Internal, message));
            }
            Some(_) => {}
            None => placer.set(id, ICH9_SATA),
        },
        ControllerKind::Usb(usb) if open && usb.model == Some(UsbModel::Ich9Uhci1) => {
            if let Some(place) =
                [at(0x1d, 0), at(0x1a, 0)].into_iter().find(|at| !placer.buses.slot_in_use(at))
            {
                placer.chipset(place, Connect::PCIE)?;
                placer.set(id, PciAddress { multifunction: Some(OnOff::On), ..place });
            }
        }
        ControllerKind::Pci(pci) if open && pci.model == Some(PciModel::DmiToPciBridge) => {
            let place = at(0x1e, 0);
            if !placer.buses.slot_in_use(&place) {
                placer.chipset(place, Connect::PCIE)?;
                placer.set(id, place);
            }
        }
        _ => {}
    }
    Ok(())
}

/// Places the first video device in the first free slot after the chipset, as QEMU does. Where QEMU cannot place it
/// elsewhere, the slot is reserved even without a video device.
fn first_video(placer: &mut Placer<'_, '_>, slot: u32, needs: Connect) -> Result<(), Refused> {
    let id = DeviceId { kind: DeviceKind::Video, index: 0 };
    let movable = placer.work.caps.has(Cap::DeviceVideoPrimary);
    let place = at(slot, 0);
    let Some(video) = placer.devices().videos.first().filter(|video| is_pci_video(video)) else {
        let keep = !movable && !placer.buses.list.is_empty() && !placer.buses.slot_in_use(&place);
        return if keep { placer.chipset(place, needs) } else { Ok(()) };
    };
    if !is_wanted(&video.info) {
        return match present(&video.info) {
            Some(address) if !movable && !same_place(&place, &address) => {
                let message =
                    format!("the first video device must have PCI address `{place}`, not `{address}`");
                Err(placer.refused(id, Class::Internal, message))
            }
            _ => Ok(()),
        };
    }
    placer.buses.check(&place, needs, true).map_err(|(class, message)| placer.refused(id, class, message))?;
    if !placer.buses.slot_in_use(&place) {
        placer.chipset(place, needs)?;
        placer.set(id, place);
        return Ok(());
    }
    if movable {
        return placer.place(id);
    }
    let message = format!("PCI address `{place}` is taken, but QEMU places the first video device there");
    Err(placer.refused(id, Class::Internal, message))
}

/// Places the first ICH9 sound device without an address where it is on physical boards.
fn ich9_sound(placer: &mut Placer<'_, '_>) -> Result<(), Refused> {
    let place = at(0x1b, 0);
    let wanted = |sound: &Sound| sound.model == SoundModel::Ich9 && is_wanted(&sound.info);
    let Some(index) = placer.devices().sounds.iter().position(wanted) else { return Ok(()) };
    if !placer.buses.slot_in_use(&place) {
        placer.chipset(place, Connect::PCIE)?;
        placer.set(DeviceId { kind: DeviceKind::Sound, index }, place);
    }
    Ok(())
}
