//! `<redirdev>`: what the document left open.

use super::chardev::complete_source;
use crate::Work;

/// Fills in every `<redirdev>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    for redirdev in &mut work.domain.devices.redirdevs {
        complete_source(&mut redirdev.source);
    }
}
