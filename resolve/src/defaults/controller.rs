//! `<controller>`: order and numbers, what the machine has anyway, default models, and controllers that devices need.

mod implied;
mod machine;
mod models;
mod order;

pub(crate) use implied::apply as implied;
pub(crate) use order::{add_missing, is_usb2_part};

use virtargv_caps::Convention;

use crate::Work;

/// Orders and numbers the controllers, and adds those that every guest of this kind has.
pub(crate) fn machine(work: &mut Work<'_>) {
    order::sort(&mut work.domain.devices.controllers);
    order::number(&mut work.domain.devices.controllers);
    machine::apply(work);
}

/// Brings all controllers into their final order, where the release keeps one.
pub(crate) fn sort(work: &mut Work<'_>) {
    if work.release.has(Convention::ControllersSorted) {
        order::sort(&mut work.domain.devices.controllers);
    }
}

/// Fills in every `<controller>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    models::apply(work);
}
