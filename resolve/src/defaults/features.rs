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
    let accel = work.guest.accel;
    let offered = |version: Offered| {
        work.caps.gics().iter().filter(|gic| gic.version == version).any(|gic| match accel {
            Accel::Kvm => gic.kernel,
            Accel::Tcg => gic.emulated,
            Accel::Hvf => false,
        })
    };
    // The emulated version 3 long had no controller for message signalled interrupts, so it is never picked.
    let version = if accel != Accel::Tcg && offered(Offered::V3) {
        GicVersion::V3
    } else if offered(Offered::V2) || !offered(Offered::Host) {
        GicVersion::V2
    } else {
        GicVersion::Host
    };
    features.gic = Some(Gic { version: Some(version) });
}
