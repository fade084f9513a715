//! The ids of controllers; buses are named after them.

use virtargv_caps::Caps;
use virtargv_model::device::controller::{Controller, ControllerKind, PciModel, ScsiModel};
use virtargv_model::{Domain, Spelled};
use virtargv_resolve::Guest;

use crate::text::text;

/// Gives every controller that has none its alias.
pub(crate) fn assign(domain: &mut Domain, guest: &Guest, caps: &Caps) {
    for controller in &mut domain.devices.controllers {
        if controller.info.alias.is_none() {
            controller.info.alias = Some(alias(controller, guest, caps));
        }
    }
}

/// QEMU has fixed names for what the machine has by itself.
fn alias(controller: &Controller, guest: &Guest, caps: &Caps) -> String {
    let (index, kind) = (controller.number(), controller.controller_type());
    match &controller.kind {
        ControllerKind::Pci(_) if !guest.has_numbered_pci_buses(caps) => "pci".to_owned(),
        ControllerKind::Pci(pci) if pci.model == Some(PciModel::PcieRoot) => text!("pcie.", index),
        ControllerKind::Pci(_) => text!("pci.", index),
        ControllerKind::Ide(_) if index == 0 && guest.has_builtin_ide() => "ide".to_owned(),
        ControllerKind::Sata if index == 0 && guest.is_q35() => "ide".to_owned(),
        ControllerKind::Usb(_) if index == 0 => "usb".to_owned(),
        ControllerKind::Scsi(Some(ScsiModel::Ncr53c90)) if index == 0 => "scsi".to_owned(),
        _ => text!(kind.as_str(), index),
    }
}
