//! `<memballoon>`.

use crate::emit::{Done, Emit};

/// Emits `<memballoon>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
