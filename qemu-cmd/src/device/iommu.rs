//! `<iommu>`.

use crate::emit::{Done, Emit};

/// Emits `<iommu>`.
pub(crate) fn emit(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
