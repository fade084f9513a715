//! Defaults of `<panic>`.

use virtargv_caps::{Convention, Release};
use virtargv_model::device::panic::{Panic, PanicModel};
use virtargv_model::info::DeviceInfo;

use crate::{Guest, Work};

/// Fills in the models, and adds the panic device that the machine has.
pub(crate) fn apply(work: &mut Work<'_>) {
    let guest = &work.guest;
    let panics = &mut work.domain.devices.panics;
    if let Some(model) = implied(guest)
        && !panics.iter().any(|p| p.model.is_none_or(|m| m == model))
    {
        let info = DeviceInfo::implied("firmware or CPU of the machine report guest panics");
        panics.push(Panic { info, model: Some(model) });
    }
    let default = default_model(guest, work.release);
    for panic in panics {
        panic.model = panic.model.or(default);
    }
}

/// The panic device that the machine has.
fn implied(guest: &Guest) -> Option<PanicModel> {
    if guest.is_pseries() {
        Some(PanicModel::Pseries)
    } else if guest.arch.is_s390() {
        Some(PanicModel::S390)
    } else {
        None
    }
}

fn default_model(guest: &Guest, release: Release) -> Option<PanicModel> {
    if let Some(model) = implied(guest) {
        return Some(model);
    }
    let by_machine = release.has(Convention::PanicByMachine);
    if guest.arch.is_x86() || !by_machine {
        Some(PanicModel::Isa)
    } else {
        guest.is_arm_virt().then_some(PanicModel::Pvpanic)
    }
}
