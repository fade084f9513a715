//! The monitor.

use crate::emit::{Done, Emit};

/// Emits the monitor.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
