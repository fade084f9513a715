//! `<hostdev>`.

use crate::emit::{Done, Emit};

/// Emits `<hostdev>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
