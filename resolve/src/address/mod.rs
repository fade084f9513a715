//! Device addresses, one module a kind of address, in one ordered list.

mod dimm;
mod pci;

use crate::Work;

/// The kinds of address, in the order in which the reference assigns them.
const KINDS: &[fn(&mut Work<'_>)] = &[pci::assign, dimm::assign];

/// Gives every device that needs one its address.
pub fn assign(work: &mut Work<'_>) {
    for kind in KINDS {
        kind(work);
    }
}
