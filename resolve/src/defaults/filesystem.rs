//! `<filesystem>`: what the document left open.

use crate::Work;

/// Fills in every `<filesystem>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
