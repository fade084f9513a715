//! Defaults of `<watchdog>`.

use virtargv_caps::Convention;
use virtargv_model::device::watchdog::{Watchdog, WatchdogAction, WatchdogModel};
use virtargv_model::info::DeviceInfo;

use crate::Work;

/// Fills in the actions, and adds the watchdog that is part of the Q35 chipset.
pub(crate) fn apply(work: &mut Work<'_>) {
    let watchdogs = &mut work.domain.devices.watchdogs;
    for watchdog in watchdogs.iter_mut() {
        watchdog.action.get_or_insert(WatchdogAction::Reset);
    }
    let is_there = watchdogs.iter().any(|w| w.model == Some(WatchdogModel::Itco));
    if work.guest.is_q35() && work.release.has(Convention::ImpliedItco) && !is_there {
        // QEMU has one action for all watchdogs of a guest.
        let action = watchdogs.first().and_then(|w| w.action).unwrap_or(WatchdogAction::Reset);
        let info = DeviceInfo::implied("the chipset of Q35 machines has a watchdog");
        watchdogs.push(Watchdog { info, model: Some(WatchdogModel::Itco), action: Some(action) });
    }
}
