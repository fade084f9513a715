//! `<vsock>`.

use crate::emit::{Done, Emit};

/// Emits `<vsock>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
