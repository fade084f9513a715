//! Rules on `<redirdev>`.

use virtargv_caps::Cap;

use super::chardev_source;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// A redirected device needs a QEMU that has it.
    REDIRDEV_QEMU = "redirdev-qemu": Unsupported, Validate,
        "`<redirdev>`: `-device usb-redir`",
        help "remove `<redirdev>`, or use a QEMU that has the device";
    /// A filter of redirected devices needs a QEMU that has it.
    REDIRDEV_FILTER = "redirdev-filter": Unsupported, Validate,
        "`<redirfilter>`: `filter=` of `usb-redir`",
        help "remove `<redirfilter>`, or use a QEMU that has it";
}

/// Checks every `<redirdev>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let devices = &cx.domain.devices;
    for redirdev in &devices.redirdevs {
        let place = redirdev.info.pos;
        chardev_source::check(cx, &redirdev.source, false, out);
        if !cx.has(Cap::UsbRedir) {
            out.refuse(&REDIRDEV_QEMU, place, "this QEMU has no device `usb-redir`");
        }
        let filtered = devices.redir_filter.as_ref().is_some_and(|f| !f.rules.is_empty());
        if filtered && !cx.has(Cap::UsbRedirFilter) {
            let message = "`filter` of device `usb-redir` is not supported by this QEMU";
            out.refuse(&REDIRDEV_FILTER, place, message);
        }
    }
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    cx.domain.devices.redirdevs.iter().for_each(|redirdev| chardev_source::build(cx, &redirdev.source, out));
}
