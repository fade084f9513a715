//! `<features>`: what the document left open.

use crate::Work;

/// Fills in `<features>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
