//! `<iommu>`: what the document left open.

use crate::Work;

/// Fills in every `<iommu>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
