//! Rules on USB host devices.

use virtargv_caps::Cap;
use virtargv_model::device::hostdev::UsbDevice;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// Choosing how a guest resets a USB device needs a QEMU that has it.
    GUEST_RESET = "hostdev-guest-reset": Unsupported, Validate,
        "`<hostdev type='usb'><source guestReset=>`: `guest-resets-all=` of `usb-host`",
        help "remove `guestReset=` from `<source>`, or use a QEMU that has it";
}

/// Checks a USB host device against the rules above.
pub(super) fn check(cx: &Context<'_>, usb: &UsbDevice, out: &mut Findings<'_>) {
    if let Some(reset) = usb.guest_reset
        && !cx.has(Cap::UsbHostGuestsResetsAll)
    {
        let message = format!("`guestReset` (`{reset}`) is not supported by this QEMU");
        out.refuse(&GUEST_RESET, usb.pos.path("@guestReset"), message);
    }
}
