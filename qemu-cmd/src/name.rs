//! `-name`, `-S`.

use crate::emit::{Done, Emit};

/// Emits `-name`, `-S`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
