//! Rules on `<hub>`.

use virtargv_caps::Cap;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A USB hub needs a QEMU that has it.
    DEVICE = "hub-device": Unsupported, Validate,
        "`<hub type='usb'>`: `-device usb-hub`",
        help "use a USB controller with more ports, or a QEMU that has the device";
}

/// Checks every `<hub>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for hub in &cx.domain.devices.hubs {
        if !cx.has(Cap::UsbHub) {
            out.refuse(&DEVICE, hub.info.pos, "USB hubs (`usb-hub`) are not supported by this QEMU");
        }
    }
}
