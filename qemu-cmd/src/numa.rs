//! `-numa`.

use crate::emit::{Done, Emit};

/// Emits `-numa`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
