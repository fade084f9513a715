//! `<redirdev>`.

use crate::emit::{Done, Emit};

/// Emits `<redirdev>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
