//! `-cpu`.

use crate::emit::{Done, Emit};

/// Emits `-cpu`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
