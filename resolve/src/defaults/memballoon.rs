//! `<memballoon>`: what the document left open.

use virtargv_caps::{Arch, Cap};
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
    // The oldest bus for virtio on s390 has no balloons.
    if work.guest.machine.starts_with("s390-virtio") && work.caps.has(Cap::VirtioS390) {
        for balloon in balloons {
            balloon.model = Some(MemballoonModel::None);
        }
    }
}
