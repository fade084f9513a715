//! `<sound>`.

use crate::emit::{Done, Emit};

/// Emits `<sound>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
