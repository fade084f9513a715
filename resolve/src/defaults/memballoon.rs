//! Defaults of `<memballoon>`.

use virtargv_caps::{Arch, Cap, Convention};
use virtargv_model::device::memballoon::{Memballoon, MemballoonModel};
use virtargv_model::info::DeviceInfo;

use crate::Work;

/// Adds the default memory balloon, where the document has none.
pub(crate) fn apply(work: &mut Work<'_>) {
    let arch = work.guest.arch;
    let without = if work.release.has(Convention::DefaultDevicesListed) {
        !work.guest.has_default_devices()
    } else {
        arch.is_arm() || arch.is_loongarch() || arch == Arch::Sparc
    };
    let balloons = &mut work.domain.devices.memballoons;
    if balloons.is_empty() && !without {
        let info = DeviceInfo::implied("every guest has a memory balloon unless <memballoon model='none'/>");
        balloons.push(Memballoon { info, model: Some(MemballoonModel::Virtio), ..Memballoon::default() });
    }
    // The virtio-s390 bus has no balloon device.
    if work.guest.machine.starts_with("s390-virtio") && work.caps.has(Cap::VirtioS390) {
        for balloon in balloons {
            balloon.model = Some(MemballoonModel::None);
        }
    }
}
