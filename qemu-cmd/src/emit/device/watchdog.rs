//! `<watchdog>`.

use super::address;
use crate::Props;
use crate::emit::context::Emit;
use crate::prepare::device::watchdog::Driver;

/// Emits every `<watchdog>`, and the action, which is the same for all.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for watchdog in e.prepared.watchdogs() {
        e.at(watchdog);
        match watchdog.facts.driver {
            Driver::Chipset => {
                // `itco` is part of the Q35 chipset; `noreboot` off enables it.
                e.global("ICH9-LPC.noreboot", false);
            }
            Driver::Device(driver) => {
                let mut props = Props::new("driver", driver);
                props.set("id", watchdog.alias);
                address::add(&mut props, e, watchdog.address);
                e.device(props);
            }
        }
    }
    if let Some(first) = e.prepared.watchdogs().next() {
        e.at(first);
        e.option("-watchdog-action", first.facts.action);
    }
}
