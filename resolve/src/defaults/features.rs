//! Defaults of `<features>`.

use virtargv_caps::{Accel, GicVersion as Offered, Tristate};
use virtargv_model::features::{Gic, GicVersion, HypervMode};

use crate::Work;

/// Fills in `<features>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    drop_acpi(work);
    gic(work);
    if let Some(hyperv) = &mut work.domain.features.hyperv {
        hyperv.mode.get_or_insert(HypervMode::Custom);
    }
}

/// Drops `<acpi/>` of existing s390 guests, which have no ACPI. A rule refuses it in new definitions.
fn drop_acpi(work: &mut Work<'_>) {
    let machine = work.caps.machine(work.guest.accel, &work.guest.machine);
    let never = work.guest.arch.is_s390() && machine.is_some_and(|machine| machine.acpi == Tristate::No);
    if never && !work.options.abi_update {
        work.domain.features.acpi = false;
    }
}

/// Fills in the version of the GIC of an Arm `virt` machine: the latest supported version, else version 2.
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
    // The emulated version 3 lacked an MSI controller for long, so libvirt does not choose it with TCG.
    let version = if accel != Accel::Tcg && offered(Offered::V3) {
        GicVersion::V3
    } else if offered(Offered::V2) || !offered(Offered::Host) {
        GicVersion::V2
    } else {
        GicVersion::Host
    };
    features.gic = Some(Gic { version: Some(version) });
}
