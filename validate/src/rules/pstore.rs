//! Rules on `<pstore>`.

use virtargv_caps::Cap;
use virtargv_model::info::Address;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A pstore device needs a QEMU that has it.
    PSTORE_QEMU = "pstore-qemu": Unsupported, Validate,
        "`<pstore backend='acpi-erst'>`: `-device acpi-erst`",
        help "remove `<pstore>`, or use a QEMU that has the device";
    /// A pstore device has an address of type `pci`.
    PSTORE_ADDRESS = "pstore-address": Unsupported, Validate,
        "`<pstore><address>`: `acpi-erst` is a PCI device",
        help "use `type='pci'`, or remove the `<address>`";
}

/// Checks `<pstore>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for pstore in &cx.domain.devices.pstores {
        let pos = pstore.info.pos;
        if !cx.has(Cap::DeviceAcpiErst) {
            out.refuse(&PSTORE_QEMU, pos, "this QEMU has no device `acpi-erst`");
        }
        if !matches!(pstore.info.address, None | Some(Address::Pci(_))) {
            let message = "the `address` of a `pstore` must be of type `pci`";
            out.refuse(&PSTORE_ADDRESS, pos.path("address"), message);
        }
    }
}
