//! `<hostdev>`: what the document left open.

use virtargv_model::YesNo;
use virtargv_model::device::hostdev::HostdevSource;

use crate::Work;

/// Fills in every `<hostdev>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    for hostdev in &mut work.domain.devices.hostdevs {
        if !matches!(hostdev.source, HostdevSource::Capability(_)) {
            hostdev.managed.get_or_insert(YesNo::No);
        }
    }
}
