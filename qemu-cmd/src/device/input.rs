//! `<input>`.

use crate::emit::{Done, Emit};

/// Emits `<input>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
