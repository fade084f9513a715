//! `<crypto>`.

use crate::emit::{Done, Emit};

/// Emits `<crypto>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
