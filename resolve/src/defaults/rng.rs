//! `<rng>`: what the document left open.

use crate::Work;

/// Fills in every `<rng>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
