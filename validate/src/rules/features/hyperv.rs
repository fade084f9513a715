//! Rules on `<hyperv>` of `<features>`.

use virtargv_model::features::Features;

use super::foreign;
use crate::{Context, Findings};

/// Checks that Hyper-V enlightenments are for x86 and Arm `virt` guests only.
pub(super) fn check(cx: &Context<'_>, features: &Features, out: &mut Findings<'_>) {
    if features.hyperv.is_some() && !cx.guest.arch.is_x86() && !cx.guest.is_arm_virt() {
        foreign(cx, "hyperv", out);
    }
}
