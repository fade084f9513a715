//! Defaults of `<shmem>`.

use virtargv_model::OnOff;
use virtargv_model::device::shmem::{Shmem, ShmemModel};

use crate::Work;

/// The default size of shared memory, in bytes.
const SIZE: u64 = 4 << 20;

/// Fills in `<shmem>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    for shmem in &mut work.domain.devices.shmems {
        complete(shmem);
    }
}

fn complete(shmem: &mut Shmem) {
    let model = *shmem.model.get_or_insert(ShmemModel::Ivshmem);
    if model != ShmemModel::IvshmemDoorbell {
        shmem.size.get_or_insert(SIZE);
    }
    if model != ShmemModel::Ivshmem && shmem.server.is_some() {
        shmem.msi.get_or_insert_default().ioeventfd.get_or_insert(OnOff::On);
    }
}
