//! `<vcpu>`: what the document left open.

use crate::Work;

/// Fills in `<vcpu>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
