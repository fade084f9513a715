//! `-sandbox`, `-msg`.

use crate::emit::{Done, Emit};

/// Emits `-sandbox`, `-msg`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
