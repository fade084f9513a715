//! `<video>`.

use crate::emit::{Done, Emit};

/// Emits `<video>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
