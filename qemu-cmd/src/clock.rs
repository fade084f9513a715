//! `-rtc` and timers.

use crate::emit::{Done, Emit};

/// Emits `-rtc` and timers.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
