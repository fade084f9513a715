//! Defaults of `<memory>` devices.

use virtargv_model::Kib;
use virtargv_model::device::memory_device::{MemoryDevice, MemoryModel};
use virtargv_model::memory::MemoryAccess;

use super::os::random_uuid;
use crate::Work;

/// The default block size of virtio-mem devices: a transparent huge page of x86.
const BLOCK: Kib = Kib(2048);

/// Fills in memory devices.
pub(crate) fn apply(work: &mut Work<'_>) {
    let pseries = work.guest.arch.is_ppc64();
    let host = work.host;
    for device in &mut work.domain.devices.memories {
        match device.model() {
            MemoryModel::VirtioMem => {
                device.target.block.get_or_insert(BLOCK);
            }
            // What the guest writes has to reach the file.
            MemoryModel::VirtioPmem => {
                device.access.get_or_insert(MemoryAccess::Shared);
            }
            MemoryModel::Nvdimm if pseries => {
                device.uuid.get_or_insert_with(|| random_uuid(host));
            }
            _ => {}
        }
    }
}

/// Rounds the size to a multiple of 256 MiB, as pseries needs it. An NVDIMM is rounded down, so that the guest does not
/// write past the end of the file.
pub(crate) fn align(device: &mut MemoryDevice) {
    let step = crate::PSERIES_MEMORY_STEP.0;
    let size = device.target.size.0;
    device.target.size = if device.model() == MemoryModel::Nvdimm {
        let label = device.target.label_size.unwrap_or_default().0;
        let area = size.saturating_sub(label);
        Kib((area - area % step).saturating_add(label))
    } else {
        Kib(size.checked_next_multiple_of(step).unwrap_or(size))
    };
}
