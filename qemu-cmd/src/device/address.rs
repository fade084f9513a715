//! Where a device sits: the properties that every emitter ends with.
//!
//! Buses are named after their controller's alias: PCI buses bear the alias itself, the others add `.0`.

use std::collections::HashMap;

use virtargv_caps::Convention;
use virtargv_model::device::controller::{Controller, ControllerType};
use virtargv_model::info::{Address, DeviceInfo, DimmAddress, PciAddress, Rom, Zpci};
use virtargv_model::{Domain, Kind, OnOff, Problem, YesNo};

use crate::emit::{Done, Emit, problem};
use crate::needs::Role;
use crate::text::{Hex, text};
use crate::{Props, Value};

/// Adds `bus=`, `addr=`, `port=`, `devno=`, ... as the address of `info` asks. Adds nothing for a device without
/// address, and for kinds of address that are part of the device's own properties (drive, virtio-serial, CCID).
pub(crate) fn add(props: &mut Props, e: &Emit<'_>, info: &DeviceInfo) -> Done {
    match &info.address {
        Some(Address::Pci(pci)) => add_pci(props, e, info, pci)?,
        Some(Address::Usb(usb)) => {
            let bus = controller_alias(e, ControllerType::Usb, usb.bus, info)?;
            props.set("bus", text!(bus, ".0"));
            if !usb.port.is_empty() {
                let path: Vec<String> = usb.port.iter().map(u32::to_string).collect();
                props.set("port", path.join("."));
            }
        }
        Some(Address::SpaprVio { reg: Some(reg) }) => {
            // The older form pads it to eight digits.
            let decimal = e.release().has(Convention::DecimalNumbers);
            let reg = if decimal { Value::Uint(*reg) } else { format!("{reg:#010x}").into() };
            props.set("reg", reg);
        }
        Some(Address::Ccw(Some(ccw))) => {
            props.set("devno", ccw.to_string());
        }
        Some(Address::Isa(isa)) => {
            props.set_opt("iobase", isa.iobase.map(|n| hex(e, n)));
            props.set_opt("irq", isa.irq.map(|n| hex(e, n)));
        }
        Some(Address::Dimm(DimmAddress { slot, base })) => {
            props.set_opt("slot", *slot);
            props.set_opt("addr", base.filter(|base| *base > 0));
        }
        _ => {}
    }
    Ok(())
}

/// A number that older releases print in hexadecimal.
pub(crate) fn hex(e: &Emit<'_>, number: u32) -> Value {
    if e.release().has(Convention::DecimalNumbers) { number.into() } else { Value::Hex(number.into()) }
}

fn add_pci(props: &mut Props, e: &Emit<'_>, info: &DeviceInfo, pci: &PciAddress) -> Done {
    props.set("bus", pci_bus(e, info, pci)?);
    props.set_opt("multifunction", pci.multifunction.map(OnOff::is_on));
    let addr = match pci.function {
        0 => text!(Hex(pci.slot)),
        function => text!(Hex(pci.slot), ".", Hex(function)),
    };
    props.set("addr", addr);
    if let Some(index) = info.acpi_index.filter(|index| *index > 0) {
        props.set("acpi-index", index);
    }
    Ok(())
}

/// The name of the PCI bus that `pci` is on: its controller's alias, with two exceptions. What the machine has by itself
/// keeps QEMU's name whatever the document calls it, and a further host bridge of a pseries guest has its bus below it.
pub(crate) fn pci_bus(e: &Emit<'_>, info: &DeviceInfo, pci: &PciAddress) -> Result<String, Problem> {
    let found = controller(e, ControllerType::Pci, pci.bus);
    let Some((controller, alias)) = found.and_then(|c| Some((c, c.info.alias.as_deref()?))) else {
        let message = format!(
            "there is no controller of type 'pci' with index '{}' for the device at PCI address '{pci}'",
            pci.bus
        );
        return Err(problem(Kind::Internal, "address-controller", info.pos.path("address"), message));
    };
    Ok(if is_further_host_bridge(controller) {
        format!("{alias}.0")
    } else if pci.bus == 0 {
        e.guest().first_pci_bus(e.caps, controller.pci_model()).to_owned()
    } else {
        alias.to_owned()
    })
}

fn is_further_host_bridge(controller: &Controller) -> bool {
    controller
        .pci()
        .is_some_and(|pci| pci.is_pseries_host_bridge() && pci.target.index.is_some_and(|i| i > 0))
}

/// The controllers by type and index, to be looked up among as many devices.
#[derive(Debug, Clone)]
pub(crate) struct ControllerTable(Vec<((ControllerType, u32), usize)>);

impl ControllerTable {
    pub fn of(domain: &Domain) -> Self {
        let controllers = domain.devices.controllers.iter().enumerate();
        let mut table: Vec<_> = controllers.map(|(n, c)| ((c.controller_type(), c.number()), n)).collect();
        table.sort_unstable();
        Self(table)
    }

    /// The place of the first such controller in the list.
    pub fn get(&self, kind: ControllerType, index: u32) -> Option<usize> {
        let at = self.0.partition_point(|(key, _)| *key < (kind, index));
        self.0.get(at).filter(|(key, _)| *key == (kind, index)).map(|(_, n)| *n)
    }
}

/// The first controller of a type with an index.
pub(crate) fn controller<'a>(e: &Emit<'a>, kind: ControllerType, index: u32) -> Option<&'a Controller> {
    e.plan.controllers.get(kind, index).and_then(|n| e.domain().devices.controllers.get(n))
}

/// The numbers of devices that s390 guests see by them.
pub(crate) fn zpci_table(domain: &Domain) -> HashMap<String, Zpci> {
    let zpci = |info: &DeviceInfo| info.pci()?.zpci.filter(|zpci| zpci.uid.is_some());
    let known = domain.devices.infos().filter_map(|(_, info)| zpci(info).map(|zpci| (info, zpci)));
    known.filter_map(|(info, zpci)| Some((info.alias.clone()?, zpci))).collect()
}

/// The device that holds the numbers of the one with these properties.
pub(crate) fn zpci(e: &Emit<'_>, props: &Props) -> Option<Props> {
    if e.plan.zpci.is_empty() {
        return None;
    }
    let Some(Value::Str(target)) = props.get("id") else { return None };
    let Zpci { uid, fid } = e.plan.zpci.get(target)?;
    let id = format!("zpci{}", uid.unwrap_or_default());
    Some(Props::new("driver", "zpci").opt("uid", *uid).opt("fid", *fid).with("target", target).with("id", id))
}

/// Adds `bus=` and `nr=` of a virtio-serial port.
pub(crate) fn add_virtio_serial(props: &mut Props, e: &Emit<'_>, info: &DeviceInfo) -> Done {
    if let Some(Address::VirtioSerial(at)) = &info.address {
        let bus = controller_alias(e, ControllerType::VirtioSerial, at.controller, info)?;
        props.set("bus", text!(bus, ".", at.bus)).set("nr", at.port);
    }
    Ok(())
}

/// Adds `bus=` of a smartcard.
pub(crate) fn add_ccid(props: &mut Props, e: &Emit<'_>, info: &DeviceInfo) -> Done {
    if let Some(Address::Ccid(at)) = &info.address {
        let bus = controller_alias(e, ControllerType::Ccid, at.controller, info)?;
        props.set("bus", text!(bus, ".", at.slot));
    }
    Ok(())
}

/// Adds the option ROM: an empty `romfile=` takes it away altogether, so nothing else matters then.
pub(crate) fn add_rom(e: &Emit<'_>, props: &mut Props, info: &DeviceInfo) -> Done {
    let Some(Rom { enabled, bar, file }) = &info.rom else { return Ok(()) };
    if enabled.is_none() && bar.is_none() && file.is_none() {
        return Ok(());
    }
    if info.pci().is_none() {
        let message = "element 'rom' is only for devices with an address of type 'pci'";
        return Err(problem(Kind::Unsupported, "rom-needs-pci", info.pos.path("rom"), message));
    }
    if *enabled == Some(YesNo::No) {
        props.set("romfile", "");
        return Ok(());
    }
    props.set_opt("rombar", bar.map(|bar| u32::from(bar.is_on())));
    if let Some(file) = file {
        e.need_path(file, Role::File);
        props.set("romfile", file);
    }
    Ok(())
}

/// Adds `bootindex=`. `effective` is what the device boots at in the end: its own `<boot order=>`, or what the
/// domain's `<os><boot dev=>` list gives the first device of its kind.
pub(crate) fn add_bootindex(props: &mut Props, effective: Option<u32>) {
    props.set_opt("bootindex", effective.filter(|order| *order > 0));
}

/// The alias of controller `index` of its type, which `user` sits on.
pub(crate) fn controller_alias<'a>(
    e: &Emit<'a>,
    kind: ControllerType,
    index: u32,
    user: &DeviceInfo,
) -> Result<&'a str, Problem> {
    let found = controller(e, kind, index);
    // What the machine has by itself keeps QEMU's name whatever the document calls it.
    let builtin = match kind {
        ControllerType::Ide => e.guest().has_builtin_ide(),
        ControllerType::Sata => e.guest().is_q35(),
        _ => false,
    };
    if builtin && index == 0 && found.is_some() {
        return Ok("ide");
    }
    found.and_then(|c| c.info.alias.as_deref()).ok_or_else(|| {
        let message = format!("there is no controller of type '{kind}' with index '{index}' for this device");
        problem(Kind::Internal, "address-controller", user.pos.path("address"), message)
    })
}
