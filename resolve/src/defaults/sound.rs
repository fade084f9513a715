//! `<sound>`: what the document left open.

use crate::Work;

/// Fills in every `<sound>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
