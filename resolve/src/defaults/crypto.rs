//! Defaults of `<crypto>`.

use crate::Work;

/// Fills in every `<crypto>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
