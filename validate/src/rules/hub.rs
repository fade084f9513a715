//! Rules on `<hub>`.

use virtargv_caps::Cap;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A USB hub needs a QEMU that has one.
    DEVICE = "hub-device": Unsupported, Validate, "hub[@type='usb']; usb-hub";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for hub in &cx.domain.devices.hubs {
        if !cx.has(Cap::UsbHub) {
            out.refuse(&DEVICE, hub.info.pos, "this QEMU has no USB hubs ('usb-hub')");
        }
    }
}
