//! Rules on USB controllers, and on USB devices of a guest without USB.

use virtargv_caps::Cap;
use virtargv_model::device::controller::{Controller, Usb, UsbModel};
use virtargv_model::device::hostdev::HostdevSource;
use virtargv_model::device::input::InputBus;
use virtargv_model::info::DeviceInfo;

use super::usb_is_disabled;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// A USB controller of model `none` is the only one.
    NONE_AND_OTHER = "usb-none-and-other": Plain, Read,
        "`<controller type='usb' model='none'>`: the guest has no USB",
        help "remove it, or the other USB controllers";
    /// One of the USB controllers is no companion.
    NO_MASTER = "usb-no-master": Plain, Read,
        "`<controller type='usb'><master startport=>`: the companions of a USB 2 controller have the index of their master",
        help "add the master, such as `model='ich9-ehci1'`, without `<master>`";
    /// A guest without USB has no USB devices.
    NONE_AND_DEVICE = "usb-none-and-device": Unsupported, Read,
        "`<controller type='usb' model='none'>`",
        help "remove the device, or the controller of model `none`";
    /// A USB controller of model `qusb1` or `qusb2` is for Xen.
    XEN = "usb-xen-model": Unsupported, Complete,
        "`<controller type='usb' model=>`: the paravirtualized USB of Xen",
        help "use `model='qemu-xhci'`";
    /// An xHCI controller has at most 15 ports.
    PORTS = "usb-ports-limit": Unsupported, Complete,
        "`<controller type='usb' ports=>`: `p2=` and `p3=` of `nec-usb-xhci` and `qemu-xhci`",
        help "set `ports=` to 15 or less, and add another controller";
    /// A USB controller has a model, unless it is the one that is part of the machine.
    MODEL_MISSING = "usb-model-missing": Unsupported, Build,
        "`<controller type='usb' model=>`: the machine type has no default, and `-usb` is not used",
        help "add `model='qemu-xhci'`";
    /// The model of a USB controller is one that this QEMU has.
    MODEL = "usb-model": Unsupported, Build,
        "`<controller type='usb' model=>`: `piix3-usb-uhci`, `usb-ehci`, `qemu-xhci` and the like",
        help "use another `model=`, or a QEMU that has the device", until "11.9";
    /// The model of a USB controller is one that this QEMU has; checked when the domain is defined.
    MODEL_EARLY = "usb-model-defined": Unsupported, Validate,
        "`<controller type='usb' model=>`: `piix3-usb-uhci`, `usb-ehci`, `qemu-xhci` and the like",
        help "use another `model=`, or a QEMU that has the device", since "11.9";
    /// A companion of a USB controller has the index of its master.
    COMPANION = "usb-companion-master": Internal, Build,
        "`<controller type='usb'><master startport=>`: `masterbus=` of `ich9-usb-uhci*` is the bus of the master",
        help "give master and companions the same `index=`";
    /// Only a USB controller of model `nec-xhci` or `qemu-xhci` has a number of ports.
    PORTS_MODEL = "usb-ports": Unsupported, Build,
        "`<controller type='usb' ports=>`: `p2=` and `p3=` of `nec-usb-xhci` and `qemu-xhci`",
        help "remove `ports=`, or use `model='qemu-xhci'`";
    /// At most one USB controller has no model.
    LEGACY_TWICE = "usb-legacy-twice": Unsupported, Build,
        "`<controller type='usb'>`: without `model=` it is the one that `-usb` adds, which a machine has once",
        help "add `model=` to the others, or remove them";
}

/// The number of ports that QEMU's xHCI controllers can have for each speed.
const MOST_PORTS: u32 = 15;

/// The rules on all USB controllers and devices together.
pub(super) fn check_domain(cx: &Context<'_>, out: &mut Findings<'_>) {
    let controllers = cx.domain.devices.controllers.iter();
    let usb: Vec<&Controller> =
        controllers.filter(|c| c.usb().is_some() && c.info.implied.reason().is_none()).collect();
    // Where the document leaves the model open, `none` is the default of an s390x guest, which may have several of them.
    let is_none =
        |c: &Controller| c.usb().is_some_and(|usb| usb.model == Some(UsbModel::None) && !usb.model_is_open);
    // The first that is not alone, or the one of model `none` that follows others.
    let disabled = usb.iter().position(|c| is_none(c));
    if let Some(second) = disabled.and_then(|at| usb.get(at.max(1))) {
        let message = "a controller of type `usb` with model `none` must be the only one";
        out.refuse(&NONE_AND_OTHER, second.info.pos, message);
    }
    let is_companion = |c: &&Controller| {
        let by_model =
            matches!(c.usb_model(), Some(UsbModel::Ich9Uhci1 | UsbModel::Ich9Uhci2 | UsbModel::Ich9Uhci3));
        by_model || c.info.master_startport.is_some()
    };
    if let Some(last) = usb.last()
        && usb.iter().all(is_companion)
    {
        let message = "all controllers of type `usb` are companions, their master is missing";
        out.refuse(&NO_MASTER, last.info.pos, message);
    }
    if usb_is_disabled(cx) {
        for (name, info) in on_usb(cx) {
            let message = format!("device `{name}` needs USB, which the domain disables");
            out.refuse(&NONE_AND_DEVICE, info.pos, message);
        }
    }
}

/// The devices that are on USB, with their element names.
fn on_usb<'c>(cx: &Context<'c>) -> impl Iterator<Item = (&'static str, &'c DeviceInfo)> {
    let devices = &cx.domain.devices;
    let inputs = devices.inputs.iter().filter(|input| input.bus == Some(InputBus::Usb));
    let hostdevs = devices.hostdevs.iter().filter(|h| matches!(h.source, HostdevSource::Usb(_)));
    inputs
        .map(|input| ("input", &input.info))
        .chain(hostdevs.map(|hostdev| ("hostdev", &hostdev.info)))
        .chain(devices.redirdevs.iter().map(|redirdev| ("redirdev", &redirdev.info)))
        .chain(devices.hubs.iter().map(|hub| ("hub", &hub.info)))
}

/// The rules on one USB controller that libvirt checks while it completes the domain.
pub(super) fn complete(controller: &Controller, usb: &Usb, out: &mut Findings<'_>) {
    let Some(model) = usb.model else { return };
    if matches!(model, UsbModel::Qusb1 | UsbModel::Qusb2) {
        let message =
            format!("USB controller model `{model}` is not supported, `qusb1` and `qusb2` are for Xen");
        out.refuse(&XEN, controller.info.pos.attr("model"), message);
    }
    if matches!(model, UsbModel::NecXhci | UsbModel::QemuXhci)
        && let Some(ports) = usb.ports.filter(|ports| *ports > MOST_PORTS)
    {
        let message =
            format!("a USB controller of model `{model}` has at most `{MOST_PORTS}` ports, not `{ports}`");
        out.refuse(&PORTS, controller.info.pos.attr("ports"), message);
    }
}

/// QEMU's driver for a model, and the flag that says there is one.
pub fn driver(model: UsbModel) -> Option<(&'static str, Cap)> {
    Some(match model {
        UsbModel::Piix3Uhci => ("piix3-usb-uhci", Cap::Piix3UsbUhci),
        UsbModel::Piix4Uhci => ("piix4-usb-uhci", Cap::Piix4UsbUhci),
        UsbModel::Ehci => ("usb-ehci", Cap::UsbEhci),
        UsbModel::Ich9Ehci1 => ("ich9-usb-ehci1", Cap::Ich9UsbEhci1),
        UsbModel::Ich9Uhci1 => ("ich9-usb-uhci1", Cap::Ich9UsbEhci1),
        UsbModel::Ich9Uhci2 => ("ich9-usb-uhci2", Cap::Ich9UsbEhci1),
        UsbModel::Ich9Uhci3 => ("ich9-usb-uhci3", Cap::Ich9UsbEhci1),
        UsbModel::Vt82c686bUhci => ("vt82c686b-usb-uhci", Cap::Vt82c686bUsbUhci),
        UsbModel::PciOhci => ("pci-ohci", Cap::PciOhci),
        UsbModel::NecXhci => ("nec-usb-xhci", Cap::NecUsbXhci),
        UsbModel::QemuXhci => ("qemu-xhci", Cap::DeviceQemuXhci),
        UsbModel::Qusb1 | UsbModel::Qusb2 | UsbModel::None => return None,
    })
}

/// Checks the model of a controller, in releases that do so before the command line is built.
pub(super) fn check_model(cx: &Context<'_>, controller: &Controller, usb: &Usb, out: &mut Findings<'_>) {
    let known = |model| driver(model).is_some_and(|(_, cap)| cx.has(cap));
    if let Some(model) = usb.model.filter(|model| *model != UsbModel::None && !known(*model)) {
        let message = format!("this QEMU has no USB controller of model `{model}`");
        out.refuse(&MODEL_EARLY, controller.info.pos.attr("model"), message);
    }
}

/// Checks what libvirt finds only when it builds the command line.
pub(super) fn build(cx: &Context<'_>, controller: &Controller, usb: &Usb, out: &mut Findings<'_>) {
    let place = controller.info.pos.attr("model");
    let model = match usb.model {
        Some(UsbModel::None) => return,
        None if cx.guest.has_legacy_usb() || cx.guest.arch.is_s390() => return,
        None => return out.refuse(&MODEL_MISSING, place, "a controller of type `usb` has no `model`"),
        Some(model) => model,
    };
    if !driver(model).is_some_and(|(_, cap)| cx.has(cap)) {
        let message = format!("this QEMU has no USB controller of model `{model}`");
        out.refuse(&MODEL, place, message);
    } else if controller.info.master_startport.is_some() && !cx.known.has_usb_master(controller.index) {
        let index = controller.index.unwrap_or_default();
        let message = format!("there is no master of the companion `{model}` with the index `{index}`");
        out.refuse(&COMPANION, place, message);
    } else if let Some(ports) = usb.ports {
        let takes = match model {
            UsbModel::NecXhci => cx.has(Cap::NecUsbXhciPorts),
            UsbModel::QemuXhci => true,
            _ => false,
        };
        if !takes {
            let message = format!("a USB controller of model `{model}` takes no `ports` (`{ports}`)");
            out.refuse(&PORTS_MODEL, place, message);
        }
    }
}

/// Checks all USB controllers for what libvirt finds only when it builds the command line.
pub(super) fn build_domain(cx: &Context<'_>, out: &mut Findings<'_>) {
    let usb = cx.domain.devices.controllers.iter().filter(|c| c.usb().is_some_and(|usb| usb.model.is_none()));
    if let Some(second) = usb.clone().nth(1).filter(|_| cx.guest.has_legacy_usb()) {
        let message = "more than one controller of type `usb` has no `model`";
        out.refuse(&LEGACY_TWICE, second.info.pos, message);
    }
}
