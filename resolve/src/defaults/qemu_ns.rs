//! Defaults of the `qemu:` namespace.

use crate::Work;

/// Fills in the `qemu:` namespace.
pub(crate) fn apply(_work: &mut Work<'_>) {}
