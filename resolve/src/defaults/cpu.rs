//! `<cpu>`: what the document left open.

use crate::Work;

/// Fills in `<cpu>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
