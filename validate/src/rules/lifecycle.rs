//! Rules on `<pm>`.

use virtargv_caps::Cap;

use crate::{Context, Findings};

crate::rules! {
    /// Sleep states are switched only where this QEMU's chipset lets it.
    SLEEP = "pm-sleep": Unsupported, Validate, "properties `disable_s3` and `disable_s4` of the chipset";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let lifecycle = &cx.domain.lifecycle;
    let q35 = cx.guest.is_q35();
    for (given, element, cap) in [
        (
            lifecycle.suspend_to_mem,
            "suspend-to-mem",
            if q35 { Cap::Ich9DisableS3 } else { Cap::PiixDisableS3 },
        ),
        (
            lifecycle.suspend_to_disk,
            "suspend-to-disk",
            if q35 { Cap::Ich9DisableS4 } else { Cap::PiixDisableS4 },
        ),
    ] {
        if given.is_some() && !cx.has(cap) {
            let message = format!("this QEMU cannot do what element '{element}' asks for");
            out.refuse(&SLEEP, lifecycle.pm_pos.path(element), message);
        }
    }
}
