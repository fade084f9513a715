//! Defaults of `<sysinfo>`, SMBIOS.

use crate::Work;

/// Fills in `<sysinfo>`, SMBIOS.
pub(crate) fn apply(_work: &mut Work<'_>) {}
