//! `<controller>`: what the document left open.

use crate::Work;

/// Fills in every `<controller>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
