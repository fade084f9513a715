//! `-boot`, kernel, initrd.

use crate::emit::{Done, Emit};

/// Emits `-boot`, kernel, initrd.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
