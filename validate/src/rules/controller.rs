//! Rules on `<controller>`.

pub mod nvme;
pub mod pci;
pub mod usb;

pub use usb::{
    MODEL as USB_MODEL, MODEL_MISSING as USB_MODEL_MISSING, NO_MASTER as USB_NO_MASTER, driver as usb_driver,
};

use foldhash::{HashMap, HashMapExt};
use virtargv_caps::{Cap, Convention};
use virtargv_model::device::controller::{
    Controller, ControllerKind, ControllerType, PciModel, ScsiModel, UsbModel,
};
use virtargv_model::device::disk::{Disk, DiskBus};
use virtargv_model::info::Address;
use virtargv_model::{Message, Pos};

use super::disk::iothreads::queue_problems;
use super::virtio;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// Every controller of a type has an index of its own.
    TWICE = "controller-twice": Xml, Complete,
        "`<controller type= index=>`: devices name their controller by type and index; only companions of a USB 2 controller share one",
        help "give one of them another `index=`, or remove one `index=` so that a free one is assigned";
    /// A SCSI controller without a model needs a default.
    SCSI_DEFAULT = "controller-scsi-default": Internal, Complete,
        "`<controller type='scsi' model=>`: libvirt takes the first model that this QEMU has for the machine type",
        help "add `model='virtio-scsi'`";
    /// The model of a SCSI controller is one that this QEMU has.
    SCSI_MODEL = "controller-scsi-model": Unsupported, Validate,
        "`<controller type='scsi' model=>`: `virtio-scsi`, `lsi`, `mptsas1068`, `megasas` and `pvscsi`; QEMU has no BusLogic",
        help "use `model='virtio-scsi'`, or a QEMU that has the device";
    /// Only a virtio-scsi controller has queues, command limits, ioeventfd and I/O threads.
    VIRTIO_SCSI_ONLY = "controller-virtio-scsi-only": Unsupported, Validate,
        "`<controller type='scsi'><driver>`: properties of `virtio-scsi`",
        help "remove the attribute from `<driver>`, or use `type='scsi' model='virtio-scsi'`";
    /// Only a virtio-scsi controller has an I/O thread.
    IOTHREAD_TYPE = "controller-iothread-type": Xml, Validate,
        "`<controller><driver iothread=>`: `iothread=` of `virtio-scsi`",
        help "remove `iothread=` from `<driver>`, or use `type='scsi' model='virtio-scsi'`",
        since "9.0";
    /// A controller with an I/O thread has an address of type `pci` or `ccw`.
    IOTHREAD_ADDRESS = "controller-iothread-address": Unsupported, Validate,
        "`<controller><driver iothread=>`: `iothread=` of `virtio-scsi-pci` and `virtio-scsi-ccw`",
        help "use `<address type='pci'>` or `<address type='ccw'>`, or remove `iothread=`";
    /// The I/O thread of a controller is one of the domain's.
    IOTHREAD_ID = "controller-iothread-id": Unsupported, Validate,
        "`<controller><driver iothread=>`: an id of `<iothreadids>`, or from 1 to the number of `<iothreads>`",
        help "raise `<iothreads>`, or name an id that is defined";
    /// An I/O thread for virtio-scsi needs a QEMU that has it.
    IOTHREAD = "controller-iothread": Unsupported, Validate,
        "`<controller><driver iothread=>`: `iothread=` of `virtio-scsi`",
        help "remove `iothread=` from `<driver>`, or use a QEMU that has it";
    /// A controller has either one I/O thread or a list of I/O threads.
    IOTHREAD_BOTH = "controller-iothread-both": Unsupported, Validate,
        "`<controller><driver iothread=>` and `<driver><iothreads>`: `iothread=` and `iothread-vq-mapping=` of `virtio-scsi` exclude each other",
        help "remove `iothread=` from `<driver>`, or its `<iothreads>`";
    /// Several I/O threads for virtio-scsi need a QEMU that maps queues to threads.
    IOTHREAD_MAPPING = "controller-iothread-mapping": Unsupported, Validate,
        "`<controller><driver><iothreads>`: `iothread-vq-mapping=` of `virtio-scsi`, new in QEMU 10.0",
        help "use `iothread=` of `<driver>`, or QEMU 10.0 or later";
    /// Every queue of a controller with several I/O threads has exactly one of them.
    IOTHREAD_QUEUES = "controller-iothread-queues": Unsupported, Validate,
        "`<controller><driver queues=><iothreads><iothread><queue>`: `iothread-vq-mapping=` of `virtio-scsi` lists each queue once",
        help "list every queue from 0 to `queues=` minus 1 once, or list none";
    /// A SCSI controller of model `ncr53c90` is the one that the machine has.
    NCR = "controller-scsi-ncr53c90": Unsupported, Validate,
        "`<controller type='scsi' model='ncr53c90'>`: QEMU's `esp` is part of certain machines and cannot be added",
        help "use another model, or index 0 of a machine that has it";
    /// An IDE controller is the one that the machine has.
    IDE = "controller-ide": Unsupported, Validate,
        "`<controller type='ide'>`: `piix3-ide` and the like are part of the machine, libvirt adds no others",
        help "remove the controller and use bus `sata`, `scsi` or `virtio` for its disks";
    /// A SATA controller needs a QEMU with AHCI.
    SATA = "controller-sata": Unsupported, Validate,
        "`<controller type='sata'>`: `ich9-ahci`; Q35 has the first one in its chipset",
        help "use `type='scsi'`, or a QEMU that has it";
}

/// Checks the controllers that the machine has, as libvirt does before it completes devices.
pub(crate) fn of_machine(cx: &Context<'_>, out: &mut Findings<'_>) {
    usb::check_domain(cx, out);
    pci::check_root(cx, out);
}

/// Checks every `<controller>` against the rules above and those of the submodules.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let controllers = &cx.domain.devices.controllers;
    for controller in controllers {
        complete(cx, controller, out);
    }
    twice(controllers, out);
    let format_first = cx.release.has(Convention::FormatRulesFirst);
    for controller in controllers {
        if format_first {
            format_rules(controller, out);
        }
        qemu_rules(cx, controller, out);
        if !format_first {
            format_rules(controller, out);
        }
    }
    nvme::check(cx, out);
}

/// The rules that libvirt checks while it completes the domain.
fn complete(cx: &Context<'_>, controller: &Controller, out: &mut Findings<'_>) {
    match &controller.kind {
        ControllerKind::Scsi(None | Some(ScsiModel::Auto)) => {
            let message = format!(
                "there is no default model for the `scsi` controller with index `{}`",
                controller.number()
            );
            out.refuse(&SCSI_DEFAULT, controller.info.pos, message);
        }
        ControllerKind::Usb(usb) => usb::complete(controller, usb, out),
        ControllerKind::Pci(pci) => pci::complete(cx, controller, pci, out),
        _ => {}
    }
}

/// Every index is used once for each type. A USB 2 controller and its companions share one, so USB is left out.
fn twice(controllers: &[Controller], out: &mut Findings<'_>) {
    let mut seen: HashMap<_, Pos> = HashMap::new();
    for controller in controllers {
        if controller.usb().is_some() {
            continue;
        }
        let key = (controller.controller_type(), controller.number());
        let at = controller.info.pos;
        if let Some(first) = seen.get(&key) {
            let message = format!("two controllers of type `{}` have the index `{}`", key.0, key.1);
            match controller.pci() {
                Some(_) => {
                    let message = Message::new(message).with_first(Pos::attr(*first, "index"));
                    out.refuse_bus(&TWICE, at.attr("index"), message);
                }
                None => out.refuse_pair(&TWICE, at.attr("index"), first.attr("index"), message),
            }
        } else {
            seen.insert(key, at);
        }
    }
}

/// The rules of the domain format, which do not depend on QEMU.
fn format_rules(controller: &Controller, out: &mut Findings<'_>) {
    if let ControllerKind::Pci(pci) = &controller.kind {
        pci::format_rules(controller, pci, out);
    }
    if let Some(id) = controller.driver.iothread
        && !is_virtio_scsi(controller)
    {
        let message = format!(
            "`iothread` of `<driver>` (`{id}`) needs a virtio-scsi controller, not type `{}`",
            controller.controller_type()
        );
        out.refuse(&IOTHREAD_TYPE, controller.info.pos.path("driver/@iothread"), message);
    }
}

/// The rules of QEMU and its machine types.
fn qemu_rules(cx: &Context<'_>, controller: &Controller, out: &mut Findings<'_>) {
    if let ControllerKind::Scsi(Some(model)) = &controller.kind {
        scsi_model(cx, controller, *model, out);
    }
    driver(cx, controller, out);
    let first = controller.number() == 0;
    match &controller.kind {
        ControllerKind::Ide(_) if !(first && cx.guest.has_builtin_ide()) => {
            let message = if cx.guest.has_builtin_ide() {
                format!("machine type `{}` supports one IDE controller only", cx.guest.machine)
            } else {
                format!("machine type `{}` does not support a controller of type `ide`", cx.guest.machine)
            };
            match on_controller(cx, controller).filter(|_| controller.info.pos.offset().is_none()) {
                Some(disk) => ide_disk(cx, disk, out),
                None => out.refuse(&IDE, controller.info.pos.attr("type"), message),
            }
        }
        ControllerKind::Sata if !(cx.has(Cap::Ich9Ahci) || first && cx.guest.is_q35()) => {
            out.refuse(&SATA, controller.info.pos, "this QEMU has no SATA controllers (`ahci`)");
        }
        ControllerKind::Scsi(Some(ScsiModel::Ncr53c90)) if !(first && cx.guest.has_builtin_esp()) => {
            let message = format!(
                "a SCSI controller of model `ncr53c90` with index `{}` is not supported for machine type `{}`",
                controller.number(),
                cx.guest.machine
            );
            out.refuse(&NCR, controller.info.pos.attr("model"), message);
        }
        ControllerKind::Scsi(_) => iothread(cx, controller, out),
        ControllerKind::Usb(usb) => usb::check_model(cx, controller, usb, out),
        ControllerKind::Pci(pci) => {
            pci::of_machine(cx, controller, out);
            pci::qemu_rules(cx, controller, pci, out);
        }
        _ => {}
    }
}

/// The first IDE disk on `controller`.
fn on_controller<'a>(cx: &Context<'a>, controller: &Controller) -> Option<&'a Disk> {
    let on_it = |disk: &&Disk| match &disk.info.address {
        Some(Address::Drive(at)) => at.controller == controller.number(),
        _ => false,
    };
    cx.domain.devices.disks.iter().filter(|disk| disk.bus() == Some(DiskBus::Ide)).find(on_it)
}

/// Reports a disk for which an IDE controller was added that the machine type cannot have.
fn ide_disk(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let machine = &cx.guest.machine;
    let (why, help) = if cx.guest.has_builtin_ide() {
        (
            "has one IDE controller only",
            "use a target name from `hda` to `hdd`, or bus `sata`, `scsi` or `virtio`",
        )
    } else {
        ("does not have IDE", "use bus `sata`, `scsi` or `virtio`")
    };
    let message = format!("disk `{}` is on bus `ide`, and machine type `{machine}` {why}", disk.dst());
    out.refuse(&IDE, disk.target_pos.attr("bus"), Message::new(message).with_help(help));
}

fn is_virtio_scsi(controller: &Controller) -> bool {
    matches!(
        controller.scsi_model(),
        Some(ScsiModel::VirtioScsi | ScsiModel::VirtioTransitional | ScsiModel::VirtioNonTransitional)
    )
}

fn scsi_model(cx: &Context<'_>, controller: &Controller, model: ScsiModel, out: &mut Findings<'_>) {
    let cap = match model {
        // libvirt checks the capabilities of the ESP family too, but does not refuse a QEMU without them.
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
        let message = format!("this QEMU has no SCSI controllers of model `{model}`");
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
        ("queues", set(driver.queues) && controller.controller_type() != ControllerType::Nvme),
        ("cmd_per_lun", set(driver.cmd_per_lun)),
        ("max_sectors", set(driver.max_sectors)),
        ("ioeventfd", driver.ioeventfd.is_some()),
        (
            "iothread",
            (set(driver.iothread) || !driver.iothreads.is_empty())
                && !out.has(&IOTHREAD_TYPE, controller.info.pos),
        ),
    ];
    for (name, _) in given.into_iter().filter(|(_, given)| *given) {
        let message = format!(
            "`{name}` of `<driver>` needs a virtio-scsi controller, not type `{}`",
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
                format!("this QEMU has no I/O thread (`{id}`) for virtio-scsi"),
            );
        }
        if !matches!(controller.info.address, None | Some(Address::Pci(_) | Address::Ccw(_))) {
            let message =
                format!("the `iothread` (`{id}`) of a controller needs an address of type `pci` or `ccw`");
            out.refuse(&IOTHREAD_ADDRESS, place.clone(), message);
        }
        if !cx.known.has_iothread(id) {
            let message = format!("a controller names `iothread` `{id}`, which the domain does not have");
            out.refuse(&IOTHREAD_ID, place.clone(), message);
        }
    }
    if driver.iothreads.is_empty() {
        return;
    }
    let what = format!("the `scsi` controller with index `{}`", controller.number());
    if driver.iothread.is_some() {
        out.refuse(&IOTHREAD_BOTH, place.clone(), format!("{what} has both `iothread=` and `<iothreads>`"));
    }
    if !cx.has(Cap::VirtioScsiIothreadMapping) {
        out.refuse(
            &IOTHREAD_MAPPING,
            place.clone(),
            format!("this QEMU does not support several `<iothreads>` for {what}"),
        );
    }
    let maps: Vec<_> = driver.iothreads.iter().map(|map| (map.id, map.queues.as_slice())).collect();
    for message in queue_problems(&what, &maps, driver.queues) {
        out.refuse(&IOTHREAD_QUEUES, place.clone(), message);
    }
}

/// Whether the domain disables USB (`model='none'`).
pub(super) fn usb_is_disabled(cx: &Context<'_>) -> bool {
    let written = || cx.domain.devices.controllers.iter().filter(|c| c.info.implied.reason().is_none());
    written().any(|c| c.usb_model() == Some(UsbModel::None))
        && !written().any(|c| c.usb_model().is_some_and(|model| model != UsbModel::None))
}

/// The first PCI controller and the root bus of the machine type, where they differ.
fn root_mismatch<'c>(cx: &Context<'c>) -> Option<(&'c Controller, PciModel)> {
    let root = cx.guest.pci_root(cx.caps)?;
    let first = cx.domain.devices.controllers.iter().find(|c| c.is(ControllerType::Pci, 0))?;
    (first.pci_model() != Some(root)).then_some((first, root))
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    for controller in &cx.domain.devices.controllers {
        if let ControllerKind::Usb(usb) = &controller.kind {
            usb::build(cx, controller, usb, out);
        }
    }
    usb::build_domain(cx, out);
}
