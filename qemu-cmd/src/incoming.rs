//! `-incoming`.

use crate::emit::{Done, Emit};

/// Emits `-incoming`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
