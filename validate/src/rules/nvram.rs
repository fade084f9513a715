//! Rules on the device `<nvram>` of pseries.

use virtargv_caps::Cap;
use virtargv_model::info::Address;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A guest has one NVRAM device.
    NVRAM_SINGLE = "nvram-single": Xml, Complete,
        "`<nvram>` of `<devices>`: pseries has one `spapr-nvram`",
        help "remove all `<nvram>` but one";
    /// An NVRAM device needs a pseries machine, and a QEMU that has it.
    NVRAM_MACHINE = "nvram-machine": Unsupported, Validate,
        "`<nvram>` of `<devices>`: `spapr-nvram`",
        help "remove `<nvram>` from `<devices>`";
    /// The address of an NVRAM device is of type `spapr-vio`.
    NVRAM_ADDRESS = "nvram-address": Xml, Validate,
        "`<nvram><address type='spapr-vio' reg=>`: `reg=` of `spapr-nvram`",
        help "use `type='spapr-vio'`, or remove the `<address>`";
}

/// Checks the device `<nvram>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let nvrams = &cx.domain.devices.nvrams;
    if let Some(extra) = nvrams.get(1) {
        out.refuse(&NVRAM_SINGLE, extra.info.pos, "a guest has at most one device 'nvram'");
    }
    for nvram in nvrams {
        if !cx.guest.is_pseries() || !cx.has(Cap::DeviceNvram) {
            let message = format!(
                "a device 'nvram' is not supported for machine type '{}' of this QEMU",
                cx.guest.machine
            );
            out.refuse(&NVRAM_MACHINE, nvram.info.pos, message);
        } else if !matches!(nvram.info.address, Some(Address::SpaprVio { reg: Some(_) })) {
            let message = "the 'address' of a device 'nvram' must be of type 'spapr-vio'";
            out.refuse(&NVRAM_ADDRESS, nvram.info.pos.path("address"), message);
        }
    }
}
