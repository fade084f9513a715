//! The environment and the program.

use crate::emit::{Done, Emit};

/// Emits the environment and the program.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
