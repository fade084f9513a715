//! Rules on `<redirdev>`.

use virtargv_caps::Cap;

use super::chardev_source;
use crate::{Context, Findings};

crate::rules! {
    /// Devices are redirected by a QEMU that can.
    REDIRDEV_QEMU = "redirdev-qemu": Unsupported, Validate, "`usb-redir`";
    /// What is redirected is filtered by a QEMU that can.
    REDIRDEV_FILTER = "redirdev-filter": Unsupported, Validate, "`filter=` of `usb-redir`";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let devices = &cx.domain.devices;
    let stage = cx.small_device_stage();
    for redirdev in &devices.redirdevs {
        let place = redirdev.info.pos;
        chardev_source::check(cx, &redirdev.source, false, out);
        if !cx.has(Cap::UsbRedir) {
            out.refuse_at(stage, &REDIRDEV_QEMU, place, "this QEMU has no device 'usb-redir'");
        }
        let filtered = devices.redir_filter.as_ref().is_some_and(|f| !f.rules.is_empty());
        if filtered && !cx.has(Cap::UsbRedirFilter) {
            let message = "device 'usb-redir' of this QEMU has no 'filter'";
            out.refuse_at(stage, &REDIRDEV_FILTER, place, message);
        }
    }
}

/// Holds what is only found while the line is built.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    cx.domain.devices.redirdevs.iter().for_each(|redirdev| chardev_source::build(&redirdev.source, out));
}
