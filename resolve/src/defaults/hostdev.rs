//! `<hostdev>`: what the document left open.

use virtargv_caps::Cap;
use virtargv_model::device::hostdev::{HostdevSource, MdevModel};
use virtargv_model::{OnOff, YesNo};

use crate::Work;

/// Fills in every `<hostdev>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    for hostdev in &mut work.domain.devices.hostdevs {
        if !matches!(hostdev.source, HostdevSource::Capability(_)) {
            hostdev.managed.get_or_insert(YesNo::No);
        }
        // Whatever QEMU may do by itself one day, the guest keeps what it has.
        if let HostdevSource::Mdev(mdev) = &mut hostdev.source
            && mdev.model == MdevModel::VfioPci
            && work.caps.has(Cap::VfioPciDisplay)
        {
            mdev.display.get_or_insert(OnOff::Off);
        }
    }
}
