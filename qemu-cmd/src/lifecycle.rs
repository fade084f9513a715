//! `-no-shutdown`, `-no-reboot`, `-no-acpi`, sleep states.

use crate::emit::{Done, Emit};

/// Emits them.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    e.line.arg("-no-shutdown");
    Ok(())
}
