//! Arguments of `<qemu:commandline>`.

use crate::emit::{Done, Emit};

/// Emits arguments of `<qemu:commandline>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
