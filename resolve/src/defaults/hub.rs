//! Defaults of `<hub>`.

use crate::Work;

/// Fills in every `<hub>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
