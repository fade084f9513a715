//! `-uuid`, `-smbios`.

use crate::emit::{Done, Emit};

/// Emits `-uuid`, `-smbios`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
