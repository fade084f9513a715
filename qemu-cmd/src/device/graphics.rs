//! `<graphics>`.

use crate::emit::{Done, Emit};

/// Emits `<graphics>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
