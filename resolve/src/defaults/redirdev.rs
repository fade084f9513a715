//! `<redirdev>`: what the document left open.

use crate::Work;

/// Fills in every `<redirdev>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
