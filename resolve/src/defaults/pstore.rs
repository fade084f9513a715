//! `<pstore>`: what the document left open.

use crate::Work;

/// Fills in every `<pstore>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
