//! Defaults of `<lease>`.

use crate::Work;

/// Fills in every `<lease>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
