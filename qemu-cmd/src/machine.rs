//! `-machine` and what belongs to the machine as a whole.

use crate::emit::{Done, Emit};

/// Everything of the machine.
pub(crate) fn all(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
