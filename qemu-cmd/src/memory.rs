//! `-m`, `-overcommit`, memory backends.

use crate::emit::{Done, Emit};

/// Emits `-m`, `-overcommit`, memory backends.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
