//! `-rtc`, timers.

use crate::emit::{Done, Emit};

/// Emits `-rtc` and the timers that have options.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    e.line.option("-rtc", "base=utc");
    Ok(())
}
