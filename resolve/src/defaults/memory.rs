//! `<memory>`, `<memoryBacking>`: what the document left open.

use crate::Work;

/// Fills in `<memory>`, `<memoryBacking>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
