//! `<audio>`: what the document left open.

use crate::Work;

/// Fills in every `<audio>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
