//! USB controllers.

use virtargv_caps::Cap;
use virtargv_model::device::controller::{Controller, ControllerType, Usb, UsbModel};
use virtargv_model::{Kind, Problem};

use super::address::controller_alias;
use super::has_legacy_usb;
use crate::Props;
use crate::emit::{Done, Emit, problem};

/// One row a model: QEMU's name for it, and the flag that says there is one.
fn device(model: UsbModel) -> Option<(&'static str, Cap)> {
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

/// Its properties without address. The companions of a USB 2 controller name their master instead of having an id.
pub(super) fn props(e: &Emit<'_>, controller: &Controller, usb: &Usb) -> Result<Props, Problem> {
    let place = controller.info.pos.attr("model");
    let refused = |rule, message: String| Err(problem(Kind::Unsupported, rule, place.clone(), message));
    let Some(model) = usb.model else {
        return refused("usb-model-missing", "a controller of type 'usb' has no 'model'".to_owned());
    };
    let Some((driver, _)) = device(model).filter(|(_, cap)| e.has(*cap)) else {
        return refused("usb-model", format!("this QEMU has no USB controller of model '{model}'"));
    };
    let mut props = Props::new("driver", driver);
    if let Some(ports) = usb.ports {
        let takes = match model {
            UsbModel::NecXhci => e.has(Cap::NecUsbXhciPorts),
            UsbModel::QemuXhci => true,
            _ => false,
        };
        if !takes {
            let message = format!("a USB controller of model '{model}' takes no 'ports' ('{ports}')");
            return refused("usb-ports", message);
        }
        props.set("p2", ports).set("p3", ports);
    }
    match controller.info.master_startport {
        Some(port) => {
            let master = controller_alias(e, ControllerType::Usb, controller.number(), &controller.info)?;
            props.set("masterbus", format!("{master}.0")).set("firstport", port);
        }
        None => {
            props.set_opt("id", controller.info.alias.as_ref());
        }
    }
    Ok(props)
}

/// Whether a controller without model is the one that `-usb` adds.
pub(super) fn is_legacy(e: &Emit<'_>) -> bool {
    let guest = e.guest();
    has_legacy_usb(e) && !(guest.is_q35() || guest.is_arm_virt() || guest.is_riscv_virt())
}

/// `-usb`, where the guest has no other USB controller and did not ask for none.
pub(super) fn emit_legacy(e: &mut Emit<'_>) -> Done {
    let models: Vec<_> = e
        .domain()
        .devices
        .controllers
        .iter()
        .filter_map(|c| c.usb().map(|usb| (usb.model, c.info.pos)))
        .collect();
    let mut without = models.iter().filter(|(model, _)| model.is_none());
    if is_legacy(e)
        && let (Some(_), Some((_, pos))) = (without.next(), without.next())
    {
        let message =
            "only one controller of type 'usb' may be without 'model' where QEMU has none to choose";
        return Err(problem(Kind::Unsupported, "usb-legacy-twice", *pos, message));
    }
    if is_legacy(e) && !e.guest().arch.is_s390() && models.iter().all(|(model, _)| model.is_none()) {
        e.line.arg("-usb");
    }
    Ok(())
}
