//! The VM generation id and `vmcoreinfo`.

use crate::emit::{Done, Emit};

/// Emits the VM generation id and `vmcoreinfo`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
