//! `<nvram>`.

use crate::emit::{Done, Emit};

/// Emits `<nvram>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
