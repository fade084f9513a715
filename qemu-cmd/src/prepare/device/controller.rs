//! `<controller>`: aliases and devices.

use virtargv_caps::Caps;
use virtargv_model::device::controller::{
    Controller, ControllerKind, ControllerType, PciModel, PciName, PciTarget, ScsiModel, Usb, UsbModel,
};
use virtargv_model::{Domain, Problem, Spelled};
use virtargv_resolve::Guest;
use virtargv_resolve::rules::PCI_CONTROLLER_MODEL;
use virtargv_validate::rules::controller as rules;

use super::Device;
use super::virtio::Variant;
use crate::ident::Alias;
use crate::prepare::alias::given;
use crate::prepare::alias::numbered;
use crate::prepare::context::{Prepare, broken};
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
    VirtioScsi(Variant),
    /// A SATA controller.
    Ahci,
    /// A virtio-serial controller.
    VirtioSerial {
        /// Its versions of virtio.
        variant: Variant,
        /// The maximum number of ports.
        ports: Option<u32>,
        /// The number of interrupt vectors.
        vectors: Option<u32>,
    },
    /// A smartcard reader.
    Ccid,
    /// An NVMe controller with this serial number.
    Nvme(Text),
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
                model: model.ok_or_else(|| {
                    let message = "`<controller>` of type `pci` has no `model=`";
                    broken(cx.release(), &PCI_CONTROLLER_MODEL, pos, message)
                })?,
                name: pci.name.ok_or_else(|| {
                    let message = "`<model>` of a PCI controller lacks `name`, the device of QEMU";
                    broken(cx.release(), &rules::pci::MISSING, pos, message)
                })?,
                target: pci.target,
            },
        },
        ControllerKind::Sata if first && guest.is_q35() => Facts::BuiltIn,
        ControllerKind::Sata => Facts::Ahci,
        ControllerKind::Ide(_) if first && guest.has_builtin_ide() => Facts::BuiltIn,
        ControllerKind::Scsi(Some(ScsiModel::Ncr53c90)) if first && guest.has_builtin_esp() => Facts::BuiltIn,
        ControllerKind::Scsi(model) => {
            let refused =
                |message: String| broken(cx.release(), &rules::SCSI_MODEL, pos.attr("model"), message);
            let model = model.ok_or_else(|| refused("a SCSI controller has no `model=`".to_owned()))?;
            scsi(model).ok_or_else(|| {
                refused(format!(
                    "a SCSI controller of model `{model}` is no device that can be added in QEMU"
                ))
            })?
        }
        ControllerKind::Usb(usb) => self::usb(cx, controller, usb)?,
        ControllerKind::VirtioSerial(serial) => {
            let variant = serial.model.map_or(Variant::Plain, Variant::from);
            Facts::VirtioSerial { variant, ports: serial.ports, vectors: serial.vectors }
        }
        ControllerKind::Ccid => Facts::Ccid,
        ControllerKind::Nvme(nvme) => {
            let serial = nvme.serial.as_ref().ok_or_else(|| {
                let message = format!("NVMe controller `{}` has no serial number", controller.number());
                broken(cx.release(), &rules::nvme::SERIAL, pos, message)
            })?;
            Facts::Nvme(serial.into())
        }
        ControllerKind::Ide(_) => {
            let message = format!(
                "IDE controller `{}` cannot be added: QEMU has only the one that is part of some machines",
                controller.number()
            );
            return Err(broken(cx.release(), &rules::IDE, pos, message));
        }
        // Floppy disk controllers are emitted with their drives. QEMU has no device for the others.
        ControllerKind::Fdc | ControllerKind::Xenbus(_) | ControllerKind::Isa => Facts::BuiltIn,
    })
}

fn scsi(model: ScsiModel) -> Option<Facts> {
    Some(match model {
        ScsiModel::VirtioScsi => Facts::VirtioScsi(Variant::Plain),
        ScsiModel::VirtioTransitional => Facts::VirtioScsi(Variant::Transitional),
        ScsiModel::VirtioNonTransitional => Facts::VirtioScsi(Variant::NonTransitional),
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
        model => model.ok_or_else(|| {
            let message = "a USB controller has no `model=`, and this QEMU has no default";
            broken(cx.release(), &rules::USB_MODEL_MISSING, place.clone(), message)
        })?,
    };
    let driver = rules::usb_driver(model).filter(|(_, cap)| cx.has(*cap));
    let (driver, _) = driver.ok_or_else(|| {
        let message = format!("this QEMU has no USB controller of model `{model}`");
        broken(cx.release(), &rules::USB_MODEL, place, message)
    })?;
    let companion = match controller.info.master_startport {
        Some(port) => {
            let master = cx.controller(ControllerType::Usb, controller.number());
            let master = master.ok_or_else(|| {
                let message = format!(
                    "a companion controller with index `{}` needs the USB controller with that index and no `master`",
                    controller.number()
                );
                broken(cx.release(), &rules::USB_NO_MASTER, controller.info.pos, message)
            })?;
            Some((text!(master, ".0"), port))
        }
        None => None,
    };
    Ok(Facts::Usb { driver, companion, ports: usb.ports })
}

/// The alias of every controller.
pub(crate) fn aliases(domain: &Domain, guest: &Guest, caps: &Caps) -> impl Iterator<Item = Alias> {
    let of =
        |controller: &Controller| given(&controller.info).unwrap_or_else(|| alias(controller, guest, caps));
    domain.devices.controllers.iter().map(of)
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
