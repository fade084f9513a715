//! `<tpm>`: what the document left open.

use crate::Work;

/// Fills in every `<tpm>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
