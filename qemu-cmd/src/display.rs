//! `-display`, `-nodefaults`.

use crate::emit::{Done, Emit};

/// Emits `-display`, `-nodefaults`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
