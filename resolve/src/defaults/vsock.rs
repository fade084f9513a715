//! Defaults of `<vsock>`.

use virtargv_model::YesNo;
use virtargv_model::device::vsock::VsockModel;

use crate::Work;

/// Fills in every `<vsock>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    for vsock in &mut work.domain.devices.vsocks {
        vsock.model.get_or_insert(VsockModel::Virtio);
        vsock.auto_cid.get_or_insert(YesNo::from(vsock.cid.is_none()));
    }
}
