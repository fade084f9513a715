//! `-smp`.

use crate::emit::{Done, Emit};

/// Emits `-smp`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
