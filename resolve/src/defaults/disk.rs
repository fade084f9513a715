//! `<disk>`: what the document left open.

use crate::Work;

/// Fills in every `<disk>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
