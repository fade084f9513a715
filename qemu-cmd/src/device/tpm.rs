//! `<tpm>`.

use crate::emit::{Done, Emit};

/// Emits `<tpm>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
