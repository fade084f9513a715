//! The ids of devices in QEMU.

use virtargv_model::Domain;
use virtargv_resolve::Guest;

/// Gives every device that has none its alias.
pub(crate) fn assign(_domain: &mut Domain, _guest: &Guest) {}
