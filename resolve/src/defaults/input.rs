//! `<input>`: what the document left open.

use crate::Work;

/// Fills in every `<input>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
