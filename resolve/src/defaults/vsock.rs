//! `<vsock>`: what the document left open.

use crate::Work;

/// Fills in every `<vsock>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
