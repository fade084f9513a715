//! `<seclabel>`, `<launchSecurity>`, `<keywrap>`: what the document left open.

use crate::Work;

/// Fills in `<seclabel>`, `<launchSecurity>`, `<keywrap>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
