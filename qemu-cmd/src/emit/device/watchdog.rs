//! `<watchdog>`.

use virtargv_model::Spelled;
use virtargv_model::device::watchdog::{WatchdogAction, WatchdogModel};

use super::address;
use crate::Props;
use crate::emit::context::Emit;

/// Emits every `<watchdog>`, and the action, which is the same for all.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for watchdog in e.prepared.watchdogs() {
        e.at(watchdog);
        let Some(model) = watchdog.model else { continue };
        if model == WatchdogModel::Itco {
            // `itco` is part of the Q35 chipset; `noreboot` off enables it.
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
            // The driver dumps a guest that QEMU has paused.
            WatchdogAction::Dump => WatchdogAction::Pause,
            other => other,
        };
        e.option("-watchdog-action", action.as_str());
    }
}
