//! `<watchdog>`.

use crate::emit::{Done, Emit};

/// Emits `<watchdog>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
