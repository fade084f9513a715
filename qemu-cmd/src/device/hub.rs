//! `<hub>`.

use crate::emit::{Done, Emit};

/// Emits `<hub>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
