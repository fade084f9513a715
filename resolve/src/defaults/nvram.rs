//! Defaults of `<nvram>`.

use crate::Work;

/// Fills in every `<nvram>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
