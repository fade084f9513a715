//! `<cpu><numa>`: what the document left open.

use crate::Work;

/// Fills in `<cpu><numa>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
