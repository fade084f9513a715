//! `<watchdog>`.

use virtargv_model::Spelled;
use virtargv_model::device::watchdog::{WatchdogAction, WatchdogModel};

use super::address;
use crate::Props;
use crate::emit::context::Emit;

/// Emits `<watchdog>`, and the one action of all of them.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for watchdog in e.prepared.watchdogs() {
        e.at(watchdog);
        let Some(model) = watchdog.model else { continue };
        if model == WatchdogModel::Itco {
            // The chipset has it anyway; it only has to be let work.
            e.global("ICH9-LPC.noreboot", false);
            continue;
        }
        let mut props = Props::new("driver", model.as_str());
        props.set("id", watchdog.alias);
        address::add(&mut props, e, watchdog.address);
        e.device(props);
    }
    if let Some(first) = e.prepared.watchdogs().next() {
        e.at(first);
        let action = match first.action.unwrap_or(WatchdogAction::Reset) {
            // QEMU pauses the guest, and the driver takes the dump.
            WatchdogAction::Dump => WatchdogAction::Pause,
            other => other,
        };
        e.option("-watchdog-action", action.as_str());
    }
}
