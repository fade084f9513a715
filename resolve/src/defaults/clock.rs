//! Defaults of `<clock>`.

use crate::Work;

/// Fills in `<clock>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
