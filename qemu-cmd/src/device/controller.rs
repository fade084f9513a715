//! `<controller>`.

mod alias;
mod pci;
mod usb;

pub(crate) use alias::assign as assign_aliases;

use virtargv_caps::Convention;
use virtargv_model::device::controller::{
    Controller, ControllerKind, ControllerType, PciModel, ScsiModel, UsbModel, VirtioModel, VirtioSerial,
};
use virtargv_model::{Kind, OnOff, Problem};

use super::address;
use super::virtio::{self, Variant};
use crate::emit::{Done, Emit, problem};
use crate::{Props, Value};

/// Types in the order in which they are emitted. Floppy controllers come with their drives, smartcard readers after the
/// hubs that they may sit on.
const ORDER: &[ControllerType] = &[
    ControllerType::Pci,
    ControllerType::Usb,
    ControllerType::Scsi,
    ControllerType::Ide,
    ControllerType::Sata,
    ControllerType::VirtioSerial,
];

/// Emits `<controller>`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    pci::emit_hole(e);
    pci::emit_root_hotplug(e);
    for kind in ORDER {
        emit_type(e, *kind)?;
    }
    usb::emit_legacy(e)
}

/// Emits the controllers of one type.
pub(crate) fn emit_type(e: &mut Emit<'_>, kind: ControllerType) -> Done {
    for controller in &e.domain().devices.controllers {
        if controller.controller_type() != kind || is_builtin(e, controller) {
            continue;
        }
        let mut props = props(e, controller)?;
        address::add(&mut props, e, &controller.info)?;
        e.device(&props);
    }
    Ok(())
}

/// Whether the machine has it without being told, or it stands for nothing.
fn is_builtin(e: &Emit<'_>, controller: &Controller) -> bool {
    let (guest, first) = (e.guest(), controller.number() == 0);
    match &controller.kind {
        ControllerKind::Pci(pci) => match pci.model {
            Some(PciModel::PcieRoot) => true,
            Some(PciModel::PciRoot) => !pci.is_pseries_host_bridge() || pci.target.index == Some(0),
            _ => false,
        },
        ControllerKind::Sata => first && guest.is_q35(),
        ControllerKind::Ide(_) => first && guest.has_builtin_ide(),
        ControllerKind::Scsi(model) => {
            first && *model == Some(ScsiModel::Ncr53c90) && guest.has_builtin_esp()
        }
        ControllerKind::Usb(usb) => match usb.model {
            Some(UsbModel::None) => true,
            None => usb::is_legacy(e) || e.guest().arch.is_s390(),
            Some(_) => false,
        },
        _ => false,
    }
}

fn props(e: &Emit<'_>, controller: &Controller) -> Result<Props, Problem> {
    let id = controller.info.alias.as_ref();
    match &controller.kind {
        ControllerKind::Pci(pci) => pci::props(e, controller, pci),
        ControllerKind::Usb(usb) => usb::props(e, controller, usb),
        ControllerKind::Scsi(model) => scsi(e, controller, *model),
        ControllerKind::VirtioSerial(serial) => virtio_serial(e, controller, serial),
        ControllerKind::Sata => Ok(Props::new("driver", "ahci").opt("id", id)),
        ControllerKind::Ccid => Ok(Props::new("driver", "usb-ccid").opt("id", id)),
        ControllerKind::Ide(_) => {
            let message = if e.guest().has_builtin_ide() {
                format!("machine type '{}' has one IDE controller and takes no other", e.guest().machine)
            } else {
                format!("machine type '{}' takes no IDE controllers", e.guest().machine)
            };
            Err(problem(Kind::Unsupported, "controller-ide", controller.info.pos, message))
        }
        kind => {
            let message = format!("no QEMU has controllers of type '{}'", kind.controller_type());
            Err(problem(Kind::Unsupported, "controller-type", controller.info.pos.attr("type"), message))
        }
    }
}

fn scsi(e: &Emit<'_>, controller: &Controller, model: Option<ScsiModel>) -> Result<Props, Problem> {
    let driver = &controller.driver;
    let variant = match model {
        Some(ScsiModel::VirtioTransitional) => Variant::Transitional,
        Some(ScsiModel::VirtioNonTransitional) => Variant::NonTransitional,
        _ => Variant::Plain,
    };
    let name = match model {
        Some(ScsiModel::VirtioScsi | ScsiModel::VirtioTransitional | ScsiModel::VirtioNonTransitional) => {
            None
        }
        Some(ScsiModel::Lsilogic) => Some("lsi"),
        Some(ScsiModel::Ibmvscsi) => Some("spapr-vscsi"),
        Some(ScsiModel::Lsisas1068) => Some("mptsas1068"),
        Some(ScsiModel::Lsisas1078) => Some("megasas"),
        Some(ScsiModel::Vmpvscsi) => Some("pvscsi"),
        Some(ScsiModel::Dc390) => Some("dc-390"),
        Some(ScsiModel::Am53c974) => Some("am53c974"),
        _ => {
            let model = model.map_or("", virtargv_model::Spelled::as_str);
            let message = format!("no QEMU has SCSI controllers of model '{model}'");
            return Err(problem(
                Kind::Unsupported,
                "controller-scsi-model",
                controller.info.pos.attr("model"),
                message,
            ));
        }
    };
    let mut props = if let Some(name) = name {
        Props::new("driver", name)
    } else {
        let mut props = virtio::device(e, "virtio-scsi", variant, &controller.info, driver.virtio)?;
        props.set_opt("iothread", driver.iothread.map(|id| format!("iothread{id}")));
        virtio::late_options(&mut props, e, driver.virtio);
        props
    };
    props.set_opt("id", controller.info.alias.as_ref());
    props.set_opt("num_queues", nonzero(driver.queues));
    props.set_opt("cmd_per_lun", nonzero(driver.cmd_per_lun));
    props.set_opt("max_sectors", nonzero(driver.max_sectors));
    props.set_opt("ioeventfd", driver.ioeventfd.map(OnOff::is_on));
    if !driver.iothreads.is_empty() {
        let mapping: Vec<Props> = driver
            .iothreads
            .iter()
            .map(|thread| {
                let queues = thread.queues.iter().map(|queue| Value::from(*queue)).collect();
                let queues = Some(thread).filter(|t| !t.queues.is_empty()).map(|_| Value::Array(queues));
                Props::object().with("iothread", format!("iothread{}", thread.id)).opt("vqs", queues)
            })
            .collect();
        props.set("iothread-vq-mapping", mapping);
    }
    Ok(props)
}

/// A number of which 0 is "not said".
fn nonzero(number: Option<u32>) -> Option<u32> {
    number.filter(|n| *n > 0)
}

fn virtio_serial(e: &Emit<'_>, controller: &Controller, serial: &VirtioSerial) -> Result<Props, Problem> {
    let options = controller.driver.virtio;
    let variant = match serial.model {
        Some(VirtioModel::Transitional) => Variant::Transitional,
        Some(VirtioModel::NonTransitional) => Variant::NonTransitional,
        _ => Variant::Plain,
    };
    let mut props = virtio::device(e, "virtio-serial", variant, &controller.info, options)?;
    props.set_opt("id", controller.info.alias.as_ref());
    props.set_opt("max_ports", serial.ports);
    props.set_opt("vectors", serial.vectors);
    virtio::late_options(&mut props, e, options);
    Ok(props)
}

/// Whether every guest gets USB from `-usb` unless the document says otherwise.
fn has_legacy_usb(e: &Emit<'_>) -> bool {
    !e.release().has(Convention::UsbByMachine)
}
