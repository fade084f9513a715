//! `<memballoon>`: what the document left open.

use virtargv_caps::Arch;
use virtargv_model::device::memballoon::{Memballoon, MemballoonModel};

use crate::Work;

/// Gives the guest a balloon where its kind has one and the document says nothing.
pub(crate) fn apply(work: &mut Work<'_>) {
    let arch = work.guest.arch;
    let without = arch.is_arm() || arch.is_loongarch() || arch == Arch::Sparc;
    let balloons = &mut work.domain.devices.memballoons;
    if balloons.is_empty() && !without {
        balloons.push(Memballoon { model: Some(MemballoonModel::Virtio), ..Memballoon::default() });
    }
}
