//! `<panic>`.

use crate::emit::{Done, Emit};

/// Emits `<panic>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
