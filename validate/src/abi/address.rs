//! `<address>` and `<acpi index=>` of a device.

use virtargv_model::Spelled as _;
use virtargv_model::info::{Address, DeviceInfo};

use super::compared::{At, Out, Value};

virtargv_model::rules! {
    /// A device keeps the type of its address.
    TYPE = "abi-address-type": Unsupported, Validate,
        "`<address type=>`: the bus that the guest finds the device on",
        help "give the device the `<address>` that it has in the source";
    /// A device keeps its address.
    ADDRESS = "abi-address": Unsupported, Validate,
        "`<address>`: where the guest finds the device; USB ports are not compared",
        help "give the device the `<address>` that it has in the source";
    /// A device keeps its ACPI index.
    ACPI_INDEX = "abi-acpi-index": Unsupported, Validate,
        "`<acpi index=>`: guests name network interfaces after it",
        help "give the device the `<acpi index=>` that it has in the source";
}

/// Compares the addresses of two devices.
pub(super) fn compare(source: &DeviceInfo, target: &DeviceInfo, at: &At, out: &mut Out) {
    let kind = |info: &DeviceInfo| Value::Word(info.address.as_ref().map_or("none", |at| at.kind().as_str()));
    if !out.value(&TYPE, at, "address/@type", &kind(source), &kind(target)) {
        return;
    }
    let place = |info: &DeviceInfo| info.address.as_ref().map_or(Value::Absent, place);
    out.value(&ADDRESS, at, "address", &place(source), &place(target));
    let index = |info: &DeviceInfo| Value::or_zero(info.acpi_index);
    out.value(&ACPI_INDEX, at, "acpi/@index", &index(source), &index(target));
}

/// The part of an address that libvirt compares; `Absent` for the types of which it compares the type alone.
fn place(address: &Address) -> Value {
    let number = |number: Option<u32>| number.unwrap_or(0);
    Value::Text(match address {
        Address::Pci(pci) => pci.to_string(),
        // libvirt does not compare the target.
        Address::Drive(drive) => format!("{}:{}:{}", drive.controller, drive.bus, drive.unit),
        Address::VirtioSerial(port) => format!("{}:{}:{}", port.controller, port.bus, port.port),
        Address::Ccid(card) => format!("{}:{}", card.controller, card.slot),
        Address::Isa(isa) => format!("{:#x} irq {}", number(isa.iobase), number(isa.irq)),
        Address::Dimm(dimm) => format!("slot {} base {:#x}", number(dimm.slot), dimm.base.unwrap_or(0)),
        Address::Ccw(Some(ccw)) => ccw.to_string(),
        Address::Ccw(None)
        | Address::Usb(_)
        | Address::SpaprVio { .. }
        | Address::VirtioS390
        | Address::VirtioMmio
        | Address::Unassigned => return Value::Absent,
    })
}
