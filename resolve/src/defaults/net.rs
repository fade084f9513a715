//! `<interface>`: what the document left open.

use crate::Work;

/// Fills in every `<interface>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
