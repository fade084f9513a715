//! Rules on `<smartcard>`.

use virtargv_caps::Cap;
use virtargv_model::device::smartcard::Card;
use virtargv_model::info::{Address, CcidAddress};

use super::chardev_source;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// A guest has one smartcard, in slot 0 of controller 0.
    SMARTCARD_SINGLE = "smartcard-single": Unsupported, Validate (Build before "11.3"),
        "`<smartcard><address type='ccid'>`: QEMU's `usb-ccid` has one slot",
        help "remove the other `<smartcard>` elements and the `<address>`";
    /// The mode of a smartcard is one that this QEMU has.
    SMARTCARD_MODE = "smartcard-mode": Unsupported, Validate,
        "`<smartcard mode=>`: `ccid-card-emulated` for `host` and `host-certificates`, `ccid-card-passthru` for `passthrough`",
        help "use another `mode=`, or a QEMU that has the device";
}

/// Checks every `<smartcard>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let smartcards = &cx.domain.devices.smartcards;
    for smartcard in smartcards {
        let first = Some(Address::Ccid(CcidAddress::default()));
        if smartcards.len() > 1 || smartcard.info.address != first {
            let message = "a guest has at most one `smartcard`, with controller `0` and slot `0`";
            out.refuse(&SMARTCARD_SINGLE, smartcard.info.pos, message);
        }
        let cap = match smartcard.card {
            Card::Host | Card::HostCertificates { .. } => Cap::CcidEmulated,
            Card::Passthrough(_) => Cap::CcidPassthru,
        };
        if !cx.has(cap) {
            let message =
                format!("mode `{}` of `<smartcard>` is not supported by this QEMU", smartcard.card.mode());
            out.refuse(&SMARTCARD_MODE, smartcard.info.pos.attr("mode"), message);
        }
        if let Card::Passthrough(source) = &smartcard.card {
            chardev_source::check(cx, source, false, out);
        }
    }
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    for smartcard in &cx.domain.devices.smartcards {
        if let Card::Passthrough(source) = &smartcard.card {
            chardev_source::build(cx, source, out);
        }
    }
}
