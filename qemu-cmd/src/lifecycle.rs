//! `-no-shutdown` and power management.

use crate::emit::{Done, Emit};

/// Emits `-no-shutdown` and power management.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
