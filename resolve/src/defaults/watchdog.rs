//! `<watchdog>`: what the document left open.

use crate::Work;

/// Fills in every `<watchdog>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
