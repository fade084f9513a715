//! Rules on the device `<nvram>` of pseries.

use virtargv_caps::Cap;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// An NVRAM device needs a pseries machine, and a QEMU that has it.
    NVRAM_MACHINE = "nvram-machine": Unsupported, Validate,
        "`<nvram>` of `<devices>`: `spapr-nvram`",
        help "remove `<nvram>` from `<devices>`";
}

/// Checks the device `<nvram>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for nvram in &cx.domain.devices.nvrams {
        if !cx.guest.is_pseries() || !cx.has(Cap::DeviceNvram) {
            let message = format!(
                "a device `nvram` is not supported for machine type `{}` of this QEMU",
                cx.guest.machine
            );
            out.refuse(&NVRAM_MACHINE, nvram.info.pos, message);
        }
    }
}
