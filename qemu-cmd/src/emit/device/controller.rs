//! `<controller>`.

mod pci;

use virtargv_model::OnOff;
use virtargv_model::device::controller::{Controller, ControllerType, IothreadQueues};

use super::address;
use super::virtio;
use crate::emit::context::Emit;
use crate::emit::iothreads;
use crate::prepare::device::Device;
use crate::prepare::device::controller::Facts;
use crate::{Props, Text, Value};

/// A controller that is emitted.
type ControllerDevice<'p> = Device<'p, Controller, Facts>;

/// Types in the order in which they are emitted. Floppy controllers are emitted with their drives, smartcard readers
/// after the USB hubs that they may be attached to.
const ORDER: &[ControllerType] = &[
    ControllerType::Pci,
    ControllerType::Usb,
    ControllerType::Scsi,
    ControllerType::Ide,
    ControllerType::Sata,
    ControllerType::VirtioSerial,
    ControllerType::Nvme,
];

/// Emits the controllers of all types in [`ORDER`].
pub(crate) fn emit(e: &mut Emit<'_>) {
    pci::emit_hole(e);
    pci::emit_root_hotplug(e);
    for kind in ORDER {
        emit_type(e, *kind);
    }
    legacy_usb(e);
}

/// Emits the controllers of one type.
pub(crate) fn emit_type(e: &mut Emit<'_>, kind: ControllerType) {
    for controller in e.prepared.controllers().filter(|c| c.controller_type() == kind) {
        e.at(controller);
        if let Some(mut props) = props(e, controller) {
            address::add(&mut props, e, controller.address);
            e.device(props);
        }
    }
}

/// The properties of a controller without its address; `None` for a controller that is part of the machine.
fn props(e: &Emit<'_>, controller: ControllerDevice<'_>) -> Option<Props> {
    let driver = |driver: &'static str| Props::new("driver", driver);
    Some(match controller.facts {
        Facts::BuiltIn => return None,
        Facts::Pci { model, name, target } => pci::props(e, controller, *model, *name, *target),
        Facts::Usb { driver: name, companion, ports } => {
            usb(controller, driver(name), companion.as_ref(), *ports)
        }
        Facts::Scsi(name) => scsi(controller, driver(name)),
        Facts::VirtioScsi(variant) => {
            let options = &controller.driver;
            let mut props = virtio::device(e, "virtio-scsi", *variant, controller.address, options.virtio);
            props.set_opt("iothread", options.iothread.map(iothreads::id));
            virtio::late_options(&mut props, e, options.virtio);
            scsi(controller, props)
        }
        Facts::Ahci => driver("ahci").with("id", controller.alias),
        Facts::Ccid => driver("usb-ccid").with("id", controller.alias),
        Facts::Nvme(serial) => {
            let props = driver("nvme").with("id", controller.alias).with("serial", serial.clone());
            props.opt("num_queues", nonzero(controller.driver.queues))
        }
        Facts::VirtioSerial { variant, ports, vectors } => {
            let options = controller.driver.virtio;
            let mut props = virtio::device(e, "virtio-serial", *variant, controller.address, options);
            props.set("id", controller.alias).set_opt("max_ports", *ports).set_opt("vectors", *vectors);
            virtio::late_options(&mut props, e, options);
            props
        }
    })
}

/// Adds the properties of a SCSI controller. Only virtio-scsi has more than an id.
fn scsi(controller: ControllerDevice<'_>, mut props: Props) -> Props {
    let driver = &controller.driver;
    props.set("id", controller.alias);
    props.set_opt("num_queues", nonzero(driver.queues));
    props.set_opt("cmd_per_lun", nonzero(driver.cmd_per_lun));
    props.set_opt("max_sectors", nonzero(driver.max_sectors));
    props.set_opt("ioeventfd", driver.ioeventfd.map(OnOff::is_on));
    if !driver.iothreads.is_empty() {
        let mapping: Vec<Props> = driver.iothreads.iter().map(queues_of).collect();
        props.set("iothread-vq-mapping", mapping);
    }
    props
}

/// The virtqueues that an I/O thread serves.
fn queues_of(thread: &IothreadQueues) -> Props {
    let queues: Vec<Value> = thread.queues.iter().map(|queue| Value::from(*queue)).collect();
    let queues = Some(queues).filter(|queues| !queues.is_empty());
    Props::object().with("iothread", iothreads::id(thread.id)).opt("vqs", queues)
}

/// A number for which 0 is the default, which is not emitted.
fn nonzero(number: Option<u32>) -> Option<u32> {
    number.filter(|n| *n > 0)
}

/// The properties of a USB controller. A companion of a USB 2 controller has `masterbus=` and no id.
fn usb(
    controller: ControllerDevice<'_>,
    mut props: Props,
    companion: Option<&(Text, u32)>,
    ports: Option<u32>,
) -> Props {
    if let Some(ports) = ports {
        props.set("p2", ports).set("p3", ports);
    }
    match companion {
        Some((master, port)) => props.with("masterbus", master.clone()).with("firstport", *port),
        None => props.with("id", controller.alias),
    }
}

/// Emits `-usb` for the USB controller that is part of the machine.
fn legacy_usb(e: &mut Emit<'_>) {
    let mut models = e.domain().devices.controllers.iter().filter_map(Controller::usb).map(|usb| usb.model);
    if e.guest().has_legacy_usb() && !e.guest().arch.is_s390() && models.all(|model| model.is_none()) {
        e.at_implied("every guest has USB unless <controller type='usb' model='none'/>");
        e.flag("-usb");
    }
}
