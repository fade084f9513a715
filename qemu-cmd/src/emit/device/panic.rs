//! `<panic>`.

use super::address;
use crate::Props;
use crate::emit::context::Emit;
use crate::prepare::device::panic::Driver;

/// Emits every `<panic>` that is a device.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for panic in e.prepared.panics() {
        e.at(panic);
        match panic.facts {
            Driver::Isa { ioport } => e.device(Props::new("driver", "pvpanic").opt("ioport", *ioport)),
            Driver::Pci => {
                let mut props = Props::new("driver", "pvpanic-pci");
                address::add(&mut props, e, panic.address);
                e.device(props);
            }
            Driver::BuiltIn => {}
        }
    }
}
