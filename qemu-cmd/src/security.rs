//! `<launchSecurity>` objects.

use crate::emit::{Done, Emit};

/// Emits `<launchSecurity>` objects.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
