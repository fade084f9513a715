//! Rules on `<pstore>`.

use virtargv_caps::Cap;
use virtargv_model::info::Address;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// There is one pstore device.
    PSTORE_SINGLE = "pstore-single": Xml, Complete, "a guest's record is one";
    /// A pstore device is asked of a QEMU that has it.
    PSTORE_QEMU = "pstore-qemu": Unsupported, Validate, "`acpi-erst`";
    /// A pstore device needs ACPI.
    PSTORE_ACPI = "pstore-acpi": Unsupported, Validate, "error record serialization is a table of ACPI";
    /// A pstore device is on PCI.
    PSTORE_ADDRESS = "pstore-address": Unsupported, Validate, "`acpi-erst` is a PCI device";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let pstores = &cx.domain.devices.pstores;
    if let Some(extra) = pstores.get(1) {
        out.refuse(&PSTORE_SINGLE, extra.info.pos, "a guest has one 'pstore'");
    }
    for pstore in pstores {
        let pos = pstore.info.pos;
        if !cx.has(Cap::DeviceAcpiErst) {
            out.refuse(&PSTORE_QEMU, pos, "this QEMU has no device 'acpi-erst'");
        }
        if !cx.domain.features.acpi {
            out.refuse(&PSTORE_ACPI, pos, "a 'pstore' of backend 'acpi-erst' needs the feature 'acpi'");
        }
        if !matches!(pstore.info.address, None | Some(Address::Pci(_))) {
            let message = "the 'address' of a 'pstore' is of type 'pci'";
            out.refuse(&PSTORE_ADDRESS, pos.path("address"), message);
        }
    }
}
