//! `<iothreads>`, `<cputune>`, `<numatune>`, `<memtune>`: what the document left open.

use crate::Work;

/// Fills in `<iothreads>`, `<cputune>`, `<numatune>`, `<memtune>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
