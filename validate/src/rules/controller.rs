//! Rules on `<controller>`.

mod pci;
mod usb;

pub use pci::MODEL as PCI_MODEL;
pub use usb::{
    MODEL as USB_MODEL, MODEL_MISSING as USB_MODEL_MISSING, driver as usb_driver, is_legacy as is_legacy_usb,
};

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::controller::{
    Controller, ControllerKind, ControllerType, PciModel, ScsiModel, UsbModel,
};
use virtargv_model::info::Address;

use super::disk::iothreads::queue_problems;
use super::virtio;
use crate::{Context, Findings, Rule};

crate::rules! {
    /// No two controllers of a type have the same index.
    TWICE = "controller-twice": Xml, Complete, "controller/@index";
    /// Some model of SCSI controller is there where none is asked for.
    SCSI_DEFAULT = "controller-scsi-default": Internal, Complete, "controller[@type='scsi']/@model";
    /// A SCSI controller needs a QEMU that has its model.
    SCSI_MODEL = "controller-scsi-model": Unsupported, Validate, "controller[@type='scsi']/@model";
    /// Queues and their like are virtio-scsi's.
    VIRTIO_SCSI_ONLY = "controller-virtio-scsi-only": Unsupported, Validate, "controller/driver";
    /// An I/O thread serves a virtio-scsi controller alone.
    IOTHREAD_TYPE = "controller-iothread-type": Xml, Validate, "controller/driver/@iothread";
    /// An I/O thread serves a controller on PCI or CCW.
    IOTHREAD_ADDRESS = "controller-iothread-address": Unsupported, Validate, "controller/driver/@iothread";
    /// The I/O thread of a controller is one of the domain's.
    IOTHREAD_ID = "controller-iothread-id": Unsupported, Validate, "controller/driver/@iothread";
    /// An I/O thread for virtio-scsi needs a QEMU that has it.
    IOTHREAD = "controller-iothread": Unsupported, Validate, "virtio-scsi iothread=";
    /// A controller is served by one thread or by several, not both.
    IOTHREAD_BOTH = "controller-iothread-both": Unsupported, Validate, "controller/driver/@iothread, driver/iothreads";
    /// Several threads for virtio-scsi need a QEMU that distributes queues.
    IOTHREAD_MAPPING = "controller-iothread-mapping": Unsupported, Validate, "virtio-scsi iothread-vq-mapping=";
    /// Every queue of a controller has exactly one thread.
    IOTHREAD_QUEUES = "controller-iothread-queues": Unsupported, Validate, "virtio-scsi iothread-vq-mapping=";
    /// An NCR 53C90 is part of a machine.
    NCR = "controller-scsi-ncr53c90": Unsupported, Validate, "controller[@type='scsi']/@model; esp";
    /// IDE controllers are those that a machine has by itself.
    IDE = "controller-ide": Unsupported, Validate, "controller[@type='ide']";
    /// A SATA controller needs a QEMU that has one.
    SATA = "controller-sata": Unsupported, Validate, "controller[@type='sata']; ahci";
}

/// The rules on USB controllers.
pub static USB: &[&Rule] = usb::ALL;
/// The rules on PCI controllers.
pub static PCI: &[&Rule] = pci::ALL;

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let controllers = &cx.domain.devices.controllers;
    usb::check_domain(cx, out);
    pci::check_root(cx, out);
    for controller in controllers {
        complete(cx, controller, out);
    }
    twice(controllers, out);
    let format_first = cx.caps.release().has(Convention::FormatRulesFirst);
    for controller in controllers {
        if format_first {
            format_rules(cx, controller, out);
        }
        qemu_rules(cx, controller, out);
        if !format_first {
            format_rules(cx, controller, out);
        }
    }
}

/// What the reference holds while it completes the domain.
fn complete(cx: &Context<'_>, controller: &Controller, out: &mut Findings<'_>) {
    match &controller.kind {
        ControllerKind::Scsi(None | Some(ScsiModel::Auto)) => {
            let message = format!(
                "no model is to be had for the 'scsi' controller with index '{}'",
                controller.number()
            );
            out.refuse(&SCSI_DEFAULT, controller.info.pos, message);
        }
        ControllerKind::Usb(usb) => usb::complete(controller, usb, out),
        ControllerKind::Pci(pci) => pci::complete(cx, controller, pci, out),
        _ => {}
    }
}

/// The parts of a USB 2 controller share their index.
fn twice(controllers: &[Controller], out: &mut Findings<'_>) {
    let mut seen = std::collections::HashSet::new();
    for controller in controllers {
        if controller.usb().is_some() {
            continue;
        }
        let key = (controller.controller_type(), controller.number());
        if !seen.insert(key) {
            let message = format!("two controllers of type '{}' have the index '{}'", key.0, key.1);
            out.refuse(&TWICE, controller.info.pos.attr("index"), message);
        }
    }
}

/// Rules that hang on no QEMU.
fn format_rules(cx: &Context<'_>, controller: &Controller, out: &mut Findings<'_>) {
    if let ControllerKind::Pci(pci) = &controller.kind {
        pci::format_rules(cx, controller, pci, out);
    }
    // Older releases leave this one to the QEMU driver.
    if cx.caps.release().has(Convention::FormatRulesFirst)
        && let Some(id) = controller.driver.iothread
        && !is_virtio_scsi(controller)
    {
        let message = format!(
            "attribute 'iothread' of 'driver' ('{id}') is for virtio-scsi controllers, not for type '{}'",
            controller.controller_type()
        );
        out.refuse(&IOTHREAD_TYPE, controller.info.pos.path("driver/@iothread"), message);
    }
}

fn qemu_rules(cx: &Context<'_>, controller: &Controller, out: &mut Findings<'_>) {
    if let ControllerKind::Scsi(Some(model)) = &controller.kind {
        scsi_model(cx, controller, *model, out);
    }
    driver(cx, controller, out);
    let first = controller.number() == 0;
    match &controller.kind {
        ControllerKind::Ide(_) if !(first && cx.guest.has_builtin_ide()) => {
            let message = if cx.guest.has_builtin_ide() {
                format!("machine type '{}' has one IDE controller and takes no other", cx.guest.machine)
            } else {
                format!("machine type '{}' takes no IDE controllers", cx.guest.machine)
            };
            out.refuse(&IDE, controller.info.pos, message);
        }
        ControllerKind::Sata if !(cx.has(Cap::Ich9Ahci) || first && cx.guest.is_q35()) => {
            out.refuse(&SATA, controller.info.pos, "this QEMU has no SATA controllers ('ahci')");
        }
        ControllerKind::Scsi(Some(ScsiModel::Ncr53c90)) if !(first && cx.guest.has_builtin_esp()) => {
            let message = format!(
                "a SCSI controller of model 'ncr53c90' is the first one, of a machine that has it, not number '{}' \
                 of machine type '{}'",
                controller.number(),
                cx.guest.machine
            );
            out.refuse(&NCR, controller.info.pos.attr("model"), message);
        }
        ControllerKind::Scsi(_) => iothread(cx, controller, out),
        ControllerKind::Pci(pci) => pci::qemu_rules(cx, controller, pci, out),
        _ => {}
    }
}

fn is_virtio_scsi(controller: &Controller) -> bool {
    matches!(
        controller.scsi_model(),
        Some(ScsiModel::VirtioScsi | ScsiModel::VirtioTransitional | ScsiModel::VirtioNonTransitional)
    )
}

fn scsi_model(cx: &Context<'_>, controller: &Controller, model: ScsiModel, out: &mut Findings<'_>) {
    let cap = match model {
        // Of the ESP family the reference asks, too, but takes no for an answer.
        ScsiModel::Auto
        | ScsiModel::Ibmvscsi
        | ScsiModel::Ncr53c90
        | ScsiModel::Dc390
        | ScsiModel::Am53c974 => return,
        ScsiModel::Lsilogic => Some(Cap::ScsiLsi),
        ScsiModel::VirtioScsi | ScsiModel::VirtioTransitional | ScsiModel::VirtioNonTransitional => {
            Some(Cap::VirtioScsi)
        }
        ScsiModel::Lsisas1068 => Some(Cap::ScsiMptsas1068),
        ScsiModel::Lsisas1078 => Some(Cap::ScsiMegasas),
        ScsiModel::Vmpvscsi => Some(Cap::ScsiPvscsi),
        ScsiModel::Buslogic => None,
    };
    if !cap.is_some_and(|cap| cx.has(cap)) {
        let message = format!("this QEMU has no SCSI controllers of model '{model}'");
        out.refuse(&SCSI_MODEL, controller.info.pos.attr("model"), message);
    }
}

fn driver(cx: &Context<'_>, controller: &Controller, out: &mut Findings<'_>) {
    let driver = &controller.driver;
    let place = controller.info.pos.path("driver");
    if is_virtio_scsi(controller) {
        return;
    }
    let set = |number: Option<u32>| number.is_some_and(|n| n > 0);
    let given = [
        ("queues", set(driver.queues)),
        ("cmd_per_lun", set(driver.cmd_per_lun)),
        ("max_sectors", set(driver.max_sectors)),
        ("ioeventfd", driver.ioeventfd.is_some()),
        ("iothread", set(driver.iothread) || !driver.iothreads.is_empty()),
    ];
    for (name, _) in given.into_iter().filter(|(_, given)| *given) {
        let message = format!(
            "attribute '{name}' of 'driver' is for virtio-scsi controllers, not for type '{}'",
            controller.controller_type()
        );
        out.refuse(&VIRTIO_SCSI_ONLY, place.clone(), message);
    }
    virtio::available(cx, driver.virtio, &place, out);
}

fn iothread(cx: &Context<'_>, controller: &Controller, out: &mut Findings<'_>) {
    if !is_virtio_scsi(controller) {
        return;
    }
    let driver = &controller.driver;
    let place = controller.info.pos.path("driver");
    let threads = driver.iothread.into_iter().chain(driver.iothreads.iter().map(|thread| thread.id));
    for id in threads {
        if !cx.has(Cap::VirtioScsiIothread) {
            out.refuse(
                &IOTHREAD,
                place.clone(),
                format!("this QEMU has no I/O thread ('{id}') for virtio-scsi"),
            );
        }
        if !matches!(controller.info.address, None | Some(Address::Pci(_) | Address::Ccw(_))) {
            let message = format!("the 'iothread' ('{id}') of a controller is for addresses 'pci' and 'ccw'");
            out.refuse(&IOTHREAD_ADDRESS, place.clone(), message);
        }
        if !cx.domain.tune.iothreads.list.iter().any(|thread| thread.id == id) {
            let message = format!("the 'iothread' ('{id}') of a controller is not one of the domain's");
            out.refuse(&IOTHREAD_ID, place.clone(), message);
        }
    }
    if driver.iothreads.is_empty() {
        return;
    }
    let what = format!("the 'scsi' controller with index '{}'", controller.number());
    if driver.iothread.is_some() {
        out.refuse(&IOTHREAD_BOTH, place.clone(), format!("{what} has 'iothread' and 'iothreads'"));
    }
    if !cx.has(Cap::VirtioScsiIothreadMapping) {
        out.refuse(
            &IOTHREAD_MAPPING,
            place.clone(),
            format!("this QEMU cannot give {what} several 'iothreads'"),
        );
    }
    let maps: Vec<_> = driver.iothreads.iter().map(|map| (map.id, map.queues.as_slice())).collect();
    for message in queue_problems(&what, &maps, driver.queues) {
        out.refuse(&IOTHREAD_QUEUES, place.clone(), message);
    }
}

/// Whether the domain says that there is no USB.
pub(super) fn usb_is_disabled(cx: &Context<'_>) -> bool {
    cx.domain.devices.controllers.iter().any(|c| c.usb_model() == Some(UsbModel::None))
        && !cx.domain.devices.controllers.iter().any(|c| c.usb_model().is_some_and(|m| m != UsbModel::None))
}

/// The root that the machine has, where the first PCI controller is another.
fn root_mismatch<'c>(cx: &Context<'c>) -> Option<(&'c Controller, PciModel)> {
    let root = cx.guest.pci_root(cx.caps)?;
    let first = cx.domain.devices.controllers.iter().find(|c| c.is(ControllerType::Pci, 0))?;
    (first.pci_model() != Some(root)).then_some((first, root))
}

/// Holds what is only found while the line is built.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    for controller in &cx.domain.devices.controllers {
        match &controller.kind {
            ControllerKind::Usb(usb) => usb::build(cx, controller, usb, out),
            ControllerKind::Pci(pci) => pci::build(controller, pci, out),
            _ => {}
        }
    }
    usb::build_domain(cx, out);
}
