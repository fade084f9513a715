//! `<features>` that a machine always has.

use virtargv_caps::{Accel, GicVersion as Offered};
use virtargv_model::features::{Gic, GicVersion, HypervMode};

use crate::Work;

/// Fills them in.
pub(crate) fn apply(work: &mut Work<'_>) {
    gic(work);
    if let Some(hyperv) = &mut work.domain.features.hyperv {
        hyperv.mode.get_or_insert(HypervMode::Custom);
    }
}

/// An Arm `virt` machine has an interrupt controller: the newest version on offer, else version 2.
fn gic(work: &mut Work<'_>) {
    let features = &mut work.domain.features;
    match &features.gic {
        None if !work.guest.is_arm_virt() => return,
        Some(Gic { version: Some(_) }) => return,
        _ => {}
    }
    let kvm = work.guest.accel == Accel::Kvm;
    let offered = |version: Offered| {
        work.caps
            .gics()
            .iter()
            .any(|gic| gic.version == version && if kvm { gic.kernel } else { gic.emulated })
    };
    // The emulated version 3 long had no controller for message signalled interrupts, so it is never picked.
    let version = if work.guest.accel != Accel::Tcg && offered(Offered::V3) {
        GicVersion::V3
    } else if offered(Offered::V2) || !offered(Offered::Host) {
        GicVersion::V2
    } else {
        GicVersion::Host
    };
    features.gic = Some(Gic { version: Some(version) });
}
