//! `<graphics>`: what the document left open.

use crate::Work;

/// Fills in every `<graphics>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
