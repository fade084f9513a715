//! the `qemu:` namespace: what the document left open.

use crate::Work;

/// Fills in the `qemu:` namespace.
pub(crate) fn apply(_work: &mut Work<'_>) {}
