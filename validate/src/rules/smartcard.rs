//! Rules on `<smartcard>`.

use virtargv_caps::Cap;
use virtargv_model::device::smartcard::Card;
use virtargv_model::info::{Address, CcidAddress};

use super::chardev_source;
use crate::{Context, Findings};

crate::rules! {
    /// There is one smartcard, in the first slot.
    SMARTCARD_SINGLE = "smartcard-single": Unsupported, Validate, "`usb-ccid` has one slot";
    /// The smartcard is of a kind that this QEMU has.
    SMARTCARD_MODE = "smartcard-mode": Unsupported, Validate, "`ccid-card-emulated` and `ccid-card-passthru`";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let smartcards = &cx.domain.devices.smartcards;
    for smartcard in smartcards {
        let first = Some(Address::Ccid(CcidAddress::default()));
        if smartcards.len() > 1 || smartcard.info.address != first {
            let message = "a guest has one 'smartcard', at controller '0' and slot '0'";
            out.refuse_at(cx.small_device_stage(), &SMARTCARD_SINGLE, smartcard.info.pos, message);
        }
        let cap = match smartcard.card {
            Card::Host | Card::HostCertificates { .. } => Cap::CcidEmulated,
            Card::Passthrough(_) => Cap::CcidPassthru,
        };
        if !cx.has(cap) {
            let message = format!("this QEMU has no 'smartcard' of mode '{}'", smartcard.card.mode());
            out.refuse(&SMARTCARD_MODE, smartcard.info.pos.attr("mode"), message);
        }
        if let Card::Passthrough(source) = &smartcard.card {
            chardev_source::check(cx, source, false, out);
        }
    }
}

/// Holds what is only found while the line is built.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    for smartcard in &cx.domain.devices.smartcards {
        if let Card::Passthrough(source) = &smartcard.card {
            chardev_source::build(source, out);
        }
    }
}
