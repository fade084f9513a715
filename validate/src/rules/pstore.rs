//! Rules on `<pstore>`.

use virtargv_caps::Cap;
use virtargv_model::info::Address;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A guest has one pstore device.
    PSTORE_SINGLE = "pstore-single": Xml, Complete,
        "`<pstore>`: QEMU has one `acpi-erst`",
        help "remove all `<pstore>` but one";
    /// A pstore device needs a QEMU that has it.
    PSTORE_QEMU = "pstore-qemu": Unsupported, Validate,
        "`<pstore backend='acpi-erst'>`: `-device acpi-erst`",
        help "remove `<pstore>`, or use a QEMU that has the device";
    /// A pstore device needs ACPI.
    PSTORE_ACPI = "pstore-acpi": Unsupported, Validate,
        "`<pstore backend='acpi-erst'>`: ERST is a table of ACPI",
        help "add `<acpi/>` to `<features>`";
    /// A pstore device has an address of type `pci`.
    PSTORE_ADDRESS = "pstore-address": Unsupported, Validate,
        "`<pstore><address>`: `acpi-erst` is a PCI device",
        help "use `type='pci'`, or remove the `<address>`";
}

/// Checks `<pstore>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let pstores = &cx.domain.devices.pstores;
    if let Some(extra) = pstores.get(1) {
        out.refuse(&PSTORE_SINGLE, extra.info.pos, "a guest has at most one 'pstore'");
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
            let message = "the 'address' of a 'pstore' must be of type 'pci'";
            out.refuse(&PSTORE_ADDRESS, pos.path("address"), message);
        }
    }
}
