//! `<smartcard>`.

use crate::emit::{Done, Emit};

/// Emits `<smartcard>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
