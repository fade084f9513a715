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
    for (given, element, piix, ich9) in [
        (lifecycle.suspend_to_mem, "suspend-to-mem", Cap::PiixDisableS3, Cap::Ich9DisableS3),
        (lifecycle.suspend_to_disk, "suspend-to-disk", Cap::PiixDisableS4, Cap::Ich9DisableS4),
    ] {
        if given.is_some() && !cx.has(piix) && !(q35 && cx.has(ich9)) {
            let message = format!("this QEMU cannot do what element '{element}' asks for");
            out.refuse(&SLEEP, lifecycle.pm_pos.path(element), message);
        }
    }
}
