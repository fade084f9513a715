//! `<on_poweroff>` and its like, `<pm>`, `<perf>`: what the document left open.

use crate::Work;

/// Fills in `<on_poweroff>` and its like, `<pm>`, `<perf>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
