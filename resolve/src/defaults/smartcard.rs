//! `<smartcard>`: what the document left open.

use crate::Work;

/// Fills in every `<smartcard>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
