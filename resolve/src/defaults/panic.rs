//! `<panic>`: what the document left open.

use crate::Work;

/// Fills in every `<panic>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
