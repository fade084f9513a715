//! `<video>`: what the document left open.

use crate::Work;

/// Fills in every `<video>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
