//! `<sysinfo>`, SMBIOS: what the document left open.

use crate::Work;

/// Fills in `<sysinfo>`, SMBIOS.
pub(crate) fn apply(_work: &mut Work<'_>) {}
