//! `<rng>`.

use crate::emit::{Done, Emit};

/// Emits `<rng>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
