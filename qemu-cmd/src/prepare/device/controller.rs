//! `<controller>`: aliases and devices.

use virtargv_caps::Caps;
use virtargv_model::device::controller::{
    Controller, ControllerKind, ControllerType, PciModel, PciName, PciTarget, ScsiModel, Usb, UsbModel,
    VirtioModel,
};
use virtargv_model::{Domain, Problem, Spelled};
use virtargv_resolve::Guest;
use virtargv_resolve::rules::PCI_CONTROLLER_MODEL;
use virtargv_validate::rules::controller as rules;

use super::Device;
use crate::ident::Alias;
use crate::prepare::alias::given;
use crate::prepare::alias::numbered;
use crate::prepare::context::{Prepare, broken, must};
use crate::text::{Text, text};

/// A prepared controller.
#[derive(Debug)]
pub(crate) enum Facts {
    /// It is part of the machine, or QEMU has no such device.
    BuiltIn,
    /// A PCI controller.
    Pci {
        /// Its model.
        model: PciModel,
        /// The name of QEMU's device.
        name: PciName,
        /// Its `<target>`.
        target: PciTarget,
    },
    /// A USB controller.
    Usb {
        /// The driver.
        driver: &'static str,
        /// The bus of the master of a companion controller, and the first port of the master that it serves.
        companion: Option<(Text, u32)>,
        /// The number of ports of each speed.
        ports: Option<u32>,
    },
    /// A SCSI controller with this driver.
    Scsi(&'static str),
    /// A virtio-scsi controller.
    VirtioScsi(VirtioModel),
    /// A SATA controller.
    Ahci,
    /// A virtio-serial controller.
    VirtioSerial {
        /// Its virtio model.
        model: VirtioModel,
        /// The maximum number of ports.
        ports: Option<u32>,
        /// The number of interrupt vectors.
        vectors: Option<u32>,
    },
    /// A smartcard reader.
    Ccid,
}

/// Prepares a `<controller>`.
pub(crate) fn prepare(cx: &mut Prepare<'_>, controller: Device<'_, Controller>) -> Result<Facts, Problem> {
    let (guest, first, pos) = (cx.guest, controller.number() == 0, controller.info.pos);
    Ok(match &controller.kind {
        ControllerKind::Pci(pci) => match pci.model {
            Some(PciModel::PcieRoot) => Facts::BuiltIn,
            Some(PciModel::PciRoot) if !pci.is_pseries_host_bridge() || pci.target.index == Some(0) => {
                Facts::BuiltIn
            }
            model => Facts::Pci {
                model: must(model, &PCI_CONTROLLER_MODEL, pos)?,
                name: must(pci.name, &rules::pci::MISSING, pos)?,
                target: pci.target,
            },
        },
        ControllerKind::Sata if first && guest.is_q35() => Facts::BuiltIn,
        ControllerKind::Sata => Facts::Ahci,
        ControllerKind::Ide(_) if first && guest.has_builtin_ide() => Facts::BuiltIn,
        ControllerKind::Scsi(Some(ScsiModel::Ncr53c90)) if first && guest.has_builtin_esp() => Facts::BuiltIn,
        ControllerKind::Scsi(model) => must(model.and_then(scsi), &rules::SCSI_MODEL, pos.attr("model"))?,
        ControllerKind::Usb(usb) => self::usb(cx, controller, usb)?,
        ControllerKind::VirtioSerial(serial) => {
            let model = serial.model.unwrap_or(VirtioModel::Virtio);
            Facts::VirtioSerial { model, ports: serial.ports, vectors: serial.vectors }
        }
        ControllerKind::Ccid => Facts::Ccid,
        ControllerKind::Ide(_) => return Err(broken(&rules::IDE, pos)),
        // Floppy disk controllers are emitted with their drives. QEMU has no device for the others.
        ControllerKind::Fdc | ControllerKind::Xenbus(_) | ControllerKind::Isa => Facts::BuiltIn,
    })
}

fn scsi(model: ScsiModel) -> Option<Facts> {
    Some(match model {
        ScsiModel::VirtioScsi => Facts::VirtioScsi(VirtioModel::Virtio),
        ScsiModel::VirtioTransitional => Facts::VirtioScsi(VirtioModel::Transitional),
        ScsiModel::VirtioNonTransitional => Facts::VirtioScsi(VirtioModel::NonTransitional),
        ScsiModel::Lsilogic => Facts::Scsi("lsi"),
        ScsiModel::Ibmvscsi => Facts::Scsi("spapr-vscsi"),
        ScsiModel::Lsisas1068 => Facts::Scsi("mptsas1068"),
        ScsiModel::Lsisas1078 => Facts::Scsi("megasas"),
        ScsiModel::Vmpvscsi => Facts::Scsi("pvscsi"),
        ScsiModel::Dc390 => Facts::Scsi("dc-390"),
        ScsiModel::Am53c974 => Facts::Scsi("am53c974"),
        ScsiModel::Auto | ScsiModel::Buslogic | ScsiModel::Ncr53c90 => return None,
    })
}

fn usb(cx: &Prepare<'_>, controller: Device<'_, Controller>, usb: &Usb) -> Result<Facts, Problem> {
    let place = controller.info.pos.attr("model");
    let model = match usb.model {
        Some(UsbModel::None) => return Ok(Facts::BuiltIn),
        None if cx.guest.has_legacy_usb() || cx.guest.arch.is_s390() => return Ok(Facts::BuiltIn),
        model => must(model, &rules::USB_MODEL_MISSING, place.clone())?,
    };
    let driver = rules::usb_driver(model).filter(|(_, cap)| cx.has(*cap));
    let (driver, _) = must(driver, &rules::USB_MODEL, place)?;
    let companion = match controller.info.master_startport {
        Some(port) => {
            let master = cx.controller(ControllerType::Usb, controller.number());
            let master = must(master, &rules::USB_NO_MASTER, controller.info.pos)?;
            Some((text!(master, ".0"), port))
        }
        None => None,
    };
    Ok(Facts::Usb { driver, companion, ports: usb.ports })
}

/// The alias of every controller.
pub(crate) fn aliases(domain: &Domain, guest: &Guest, caps: &Caps) -> Vec<Alias> {
    let alias =
        |controller: &Controller| given(&controller.info).unwrap_or_else(|| alias(controller, guest, caps));
    domain.devices.controllers.iter().map(alias).collect()
}

/// The alias of a controller without a user alias. A controller that is part of the machine has QEMU's fixed id.
fn alias(controller: &Controller, guest: &Guest, caps: &Caps) -> Alias {
    let (index, kind) = (controller.number(), controller.controller_type());
    match &controller.kind {
        ControllerKind::Pci(_) if !guest.has_numbered_pci_buses(caps) => "pci".into(),
        ControllerKind::Pci(pci) if pci.model == Some(PciModel::PcieRoot) => numbered("pcie.", index.into()),
        ControllerKind::Pci(_) => numbered("pci.", index.into()),
        ControllerKind::Ide(_) if index == 0 && guest.has_builtin_ide() => "ide".into(),
        ControllerKind::Sata if index == 0 && guest.is_q35() => "ide".into(),
        ControllerKind::Usb(_) if index == 0 => "usb".into(),
        ControllerKind::Scsi(Some(ScsiModel::Ncr53c90)) if index == 0 => "scsi".into(),
        _ => numbered(kind.as_str(), index.into()),
    }
}
