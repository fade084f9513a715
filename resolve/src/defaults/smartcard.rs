//! Defaults of `<smartcard>`.

use virtargv_model::device::smartcard::Card;

use super::chardev::complete_source;
use crate::Work;

/// Fills in every `<smartcard>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    let live = work.options.live;
    for smartcard in &mut work.domain.devices.smartcards {
        if let Card::Passthrough(source) = &mut smartcard.card {
            complete_source(source, live);
        }
    }
}
