//! `<audio>`.

use crate::emit::{Done, Emit};

/// Emits `<audio>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
