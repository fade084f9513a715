//! `<filesystem>`.

use crate::emit::{Done, Emit};

/// Emits `<filesystem>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
