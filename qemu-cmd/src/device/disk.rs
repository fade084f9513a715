//! `<disk>`.

use crate::emit::{Done, Emit};

/// Emits `<disk>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
