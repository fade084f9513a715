//! Addresses as properties of devices: `bus=`, `addr=` and the like, option ROMs and boot indexes.

use virtargv_caps::Cap;
use virtargv_model::info::{DeviceInfo, DimmAddress, Rom};
use virtargv_model::{OnOff, YesNo};

use crate::emit::context::Emit;
use crate::needs::Role;
use crate::prepare::address::{BusAddress, Drive, PciSlot, is_decimal, pci_addr};
use crate::{Props, Value};

/// Adds the properties of `address`: `bus=`, `addr=`, `port=`, `devno=` and the like. Adds none for a device without an
/// address.
pub(crate) fn add(props: &mut Props, e: &Emit<'_>, address: &BusAddress) {
    match address {
        BusAddress::Pci(slot) => pci(props, slot),
        BusAddress::Usb { bus, port } => {
            props.set("bus", bus.clone()).set_opt("port", port.clone());
        }
        BusAddress::Drive(drive) => self::drive(props, drive),
        BusAddress::VirtioSerial { bus, port, .. } => {
            props.set("bus", bus.clone()).set("nr", *port);
        }
        BusAddress::Ccid { bus } => {
            props.set("bus", bus.clone());
        }
        BusAddress::SpaprVio(reg) => {
            // Earlier releases of libvirt pad it to eight digits.
            let reg = if is_decimal(e.caps()) { Value::Uint(*reg) } else { format!("{reg:#010x}").into() };
            props.set("reg", reg);
        }
        BusAddress::Ccw(Some(ccw)) => {
            props.set("devno", ccw.to_string());
        }
        BusAddress::Isa(isa) => {
            props.set_opt("iobase", isa.iobase.map(|n| hex(e, n)));
            props.set_opt("irq", isa.irq.map(|n| hex(e, n)));
        }
        BusAddress::Dimm(DimmAddress { slot, base }) => {
            props.set_opt("slot", *slot);
            props.set_opt("addr", base.filter(|base| *base > 0));
        }
        BusAddress::None
        | BusAddress::Ccw(None)
        | BusAddress::VirtioS390
        | BusAddress::VirtioMmio
        | BusAddress::Unassigned => {}
    }
}

/// A number that earlier releases of libvirt print in hexadecimal.
pub(crate) fn hex(e: &Emit<'_>, number: u32) -> Value {
    if is_decimal(e.caps()) { number.into() } else { Value::Hex(number.into()) }
}

fn pci(props: &mut Props, slot: &PciSlot) {
    props.set("bus", slot.bus.clone());
    props.set_opt("multifunction", slot.multifunction.map(OnOff::is_on));
    props.set("addr", pci_addr(slot.slot, slot.function));
    props.set_opt("acpi-index", slot.acpi_index);
}

fn drive(props: &mut Props, drive: &Drive) {
    match drive {
        Drive::Floppy { unit } => props.set("unit", *unit),
        Drive::Sata { bus } => props.set("bus", bus.clone()),
        Drive::Ide { bus, unit } => props.set("bus", bus.clone()).set("unit", *unit),
        Drive::NarrowScsi { bus, id } => props.set("bus", bus.clone()).set("scsi-id", *id),
        Drive::Nvme { controller, namespace } => props.set("bus", controller.clone()).set("nsid", *namespace),
        Drive::Scsi { bus, numbers: [channel, target, unit] } => {
            props.set("bus", bus.clone()).set("channel", *channel).set("scsi-id", *target).set("lun", *unit)
        }
    };
}

/// Adds `rombar=` and `romfile=`. An empty `romfile=` disables the option ROM, so nothing else is added with it.
pub(crate) fn add_rom(e: &Emit<'_>, props: &mut Props, info: &DeviceInfo) {
    let Some(Rom { enabled, bar, file }) = info.rom.as_deref() else { return };
    if *enabled == Some(YesNo::No) {
        props.set("romfile", "");
        return;
    }
    props.set_opt("rombar", bar.map(|bar| u32::from(bar.is_on())));
    if let Some(file) = file {
        e.need_path(file, Role::File);
        props.set("romfile", file);
    }
}

/// Adds `bootindex=`.
pub(crate) fn add_bootindex(props: &mut Props, info: &DeviceInfo) {
    props.set_opt("bootindex", info.boot.as_ref().map(|boot| boot.order).filter(|order| *order > 0));
}

/// Adds `bootindex=` and, for s390, `loadparm=`.
pub(crate) fn add_boot(e: &Emit<'_>, props: &mut Props, info: &DeviceInfo) {
    add_bootindex(props, info);
    if e.has(Cap::VirtioCcwDeviceLoadparm) {
        props.set_opt("loadparm", info.boot.as_ref().and_then(|boot| boot.loadparm.as_ref()));
    }
}
