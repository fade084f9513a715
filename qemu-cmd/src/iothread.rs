//! Iothreads.

use crate::emit::{Done, Emit};

/// Emits iothreads.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
