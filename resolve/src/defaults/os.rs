//! `<os>`: boot, firmware: what the document left open.

use crate::Work;

/// Fills in `<os>`: boot, firmware.
pub(crate) fn apply(_work: &mut Work<'_>) {}
