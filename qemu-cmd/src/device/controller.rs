//! `<controller>`.

use crate::emit::{Done, Emit};

/// Emits `<controller>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
