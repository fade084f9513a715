//! `<pstore>`.

use crate::emit::{Done, Emit};

/// Emits `<pstore>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
