//! `<watchdog>`.

use virtargv_model::Spelled;
use virtargv_model::device::watchdog::{WatchdogAction, WatchdogModel};

use super::address;
use crate::Props;
use crate::emit::{Done, Emit};

/// Emits `<watchdog>`, and the one action of all of them.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let watchdogs = &e.domain().devices.watchdogs;
    for watchdog in watchdogs {
        let Some(model) = watchdog.model else { continue };
        if model == WatchdogModel::Itco {
            // The chipset has it anyway; it only has to be let work.
            e.line.option("-global", "ICH9-LPC.noreboot=off");
            continue;
        }
        let mut props = Props::new("driver", model.as_str());
        props.set_opt("id", watchdog.info.alias.as_ref());
        address::add(&mut props, e, &watchdog.info)?;
        e.device(&props);
    }
    if let Some(first) = watchdogs.first() {
        let action = match first.action.unwrap_or(WatchdogAction::Reset) {
            // QEMU pauses the guest, and the driver takes the dump.
            WatchdogAction::Dump => WatchdogAction::Pause,
            other => other,
        };
        e.line.option("-watchdog-action", action.as_str());
    }
    Ok(())
}
