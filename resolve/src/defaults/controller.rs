//! Defaults of `<controller>`: order and indexes, controllers of the machine, default models, and controllers that
//! devices need.

mod implied;
mod machine;
mod models;
mod order;

pub(crate) use implied::apply as implied;
pub(crate) use order::{add_missing, is_usb2_part, number, sort};

use virtargv_caps::Convention;

use crate::Work;

/// Sorts the controllers, assigns their indexes, and adds those that the machine has.
pub(crate) fn machine(work: &mut Work<'_>) {
    order::sort(&mut work.domain.devices.controllers);
    // libvirt adds these while it reads the host devices, before it assigns indexes and before the machine's controllers.
    implied::for_read_hostdevs(work);
    order::number(&mut work.domain.devices.controllers);
    machine::apply(work);
}

/// Moves the master of each USB 2 controller before its companions, where the release sorts controllers.
pub(crate) fn masters_first(work: &mut Work<'_>) {
    if work.release.has(Convention::ControllersSorted) {
        order::masters_first(&mut work.domain.devices.controllers);
    }
}

/// Fills in every `<controller>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    models::apply(work);
}
