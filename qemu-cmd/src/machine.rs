//! `-machine`, `-accel`, firmware flash.

use crate::emit::{Done, Emit};

/// Emits `-machine`, `-accel`, firmware flash.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
