//! `<interface>`.

use crate::emit::{Done, Emit};

/// Emits `<interface>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
