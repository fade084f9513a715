//! `<controller>`.

use virtargv_model::Domain;
use virtargv_model::device::controller::{
    Controller, ControllerDriver, ControllerKind, ControllerType, PciModel, UsbModel, VirtioSerial,
};
use virtargv_model::info::DeviceInfo;

use super::compared::{At, Compared, Driver, Out, Row, Value, key, list, row};

virtargv_model::rules! {
    /// The controllers keep their order.
    TYPE = "abi-controller-type": Unsupported, Validate,
        "`<controller type=>`: libvirt compares the controllers one by one, in the order of the document",
        help "list the controllers of the source, in the same order";
    /// A controller keeps its index.
    INDEX = "abi-controller-index": Unsupported, Validate,
        "`<controller index=>`: the bus of the devices on it",
        help "set `index=` as in the source";
    /// A controller keeps its model.
    MODEL = "abi-controller-model": Unsupported, Validate,
        "`<controller model=>`: the device that the guest sees",
        help "set `model=` as in the source";
    /// A controller keeps its number of ports.
    PORTS = "abi-controller-ports": Unsupported, Validate,
        "`<controller ports=>` of types `virtio-serial` and `usb`",
        help "set `ports=` as in the source";
    /// A controller keeps its number of interrupt vectors.
    VECTORS = "abi-controller-vectors": Unsupported, Validate,
        "`<controller type='virtio-serial' vectors=>`",
        help "set `vectors=` as in the source";
}

impl Compared for Controller {
    const ELEMENT: &'static str = "controller";

    const ROWS: &'static [Row<Self>] = &[
        key(&TYPE, "@type", |controller| Value::word(Some(controller.controller_type()))),
        row(&INDEX, "@index", |controller| Value::Number(controller.number().into())),
        row(&MODEL, "@model", model),
    ];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn name(&self) -> Option<String> {
        Some(format!("{} {}", self.controller_type(), self.number()))
    }

    fn driver(&self) -> Driver {
        Driver::of(self.driver.virtio, self.driver != ControllerDriver::default())
    }

    fn more(source: &Self, target: &Self, at: &At, out: &mut Out) {
        let ports = |controller: &Self| match &controller.kind {
            ControllerKind::VirtioSerial(serial) => Value::number(serial.ports),
            ControllerKind::Usb(usb) => Value::number(usb.ports),
            _ => Value::Absent,
        };
        out.value(&PORTS, at, "@ports", &ports(source), &ports(target));
        if source.controller_type() == ControllerType::VirtioSerial {
            let vectors = |controller: &Self| match &controller.kind {
                ControllerKind::VirtioSerial(VirtioSerial { vectors, .. }) => Value::number(*vectors),
                _ => Value::Absent,
            };
            out.value(&VECTORS, at, "@vectors", &vectors(source), &vectors(target));
        }
    }
}

/// Compares the controllers. libvirt compares the definitions that it would send to migrate the guest. They leave out the only PCI
/// controller where it is `pci-root`, and the only USB controller where it is `piix3-uhci` (of an i440FX machine); reading such a
/// definition adds both behind the others.
pub(super) fn compare(source: &Domain, target: &Domain, out: &mut Out) {
    let compared = |domain: &'_ Domain| {
        let mut controllers = domain.devices.controllers.clone();
        let only = |kind| controllers.iter().filter(|c| c.controller_type() == kind).count() == 1;
        let (only_usb, only_pci) = (only(ControllerType::Usb), only(ControllerType::Pci));
        controllers.sort_by_key(|controller| match &controller.kind {
            _ if controller.number() != 0 || controller.info.user_alias().is_some() => 0,
            // Other machines have a PCI root of another model, or several PCI controllers.
            ControllerKind::Usb(usb) if only_usb && usb.model == Some(UsbModel::Piix3Uhci) => 1,
            ControllerKind::Pci(pci)
                if only_pci && pci.model == Some(PciModel::PciRoot) && pci.pcihole64.is_none() =>
            {
                2
            }
            _ => 0,
        });
        controllers
    };
    list(&compared(source), &compared(target), out);
}

fn model(controller: &Controller) -> Value {
    match &controller.kind {
        ControllerKind::Ide(model) => Value::word(*model),
        ControllerKind::Scsi(model) => Value::word(*model),
        ControllerKind::VirtioSerial(serial) => Value::word(serial.model),
        ControllerKind::Usb(usb) => Value::word(usb.model),
        ControllerKind::Pci(pci) => Value::word(pci.model),
        ControllerKind::Fdc
        | ControllerKind::Sata
        | ControllerKind::Ccid
        | ControllerKind::Xenbus(_)
        | ControllerKind::Isa
        | ControllerKind::Nvme(_) => Value::Absent,
    }
}
