//! `<shmem>`.

use crate::emit::{Done, Emit};

/// Emits `<shmem>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
