//! Rules on `<watchdog>`.

use virtargv_caps::Convention;
use virtargv_model::device::watchdog::{Watchdog, WatchdogModel};
use virtargv_model::info::Address;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// There is one watchdog, where the release knows no more.
    WATCHDOG_SINGLE = "watchdog-single": Xml, Complete, "`-watchdog-action` is for all";
    /// Watchdogs of one guest do the same.
    WATCHDOG_ACTION = "watchdog-action": Unsupported, Validate, "`-watchdog-action` is for all";
    /// A watchdog sits where its model can.
    WATCHDOG_ADDRESS = "watchdog-address": Unsupported, Validate, "only the 6300ESB is on a bus";
    /// A watchdog is of a model that the machine can have.
    WATCHDOG_MACHINE = "watchdog-machine": Unsupported, Validate, "some are part of a chipset or an architecture";
    /// Of each model but the 6300ESB there is one.
    WATCHDOG_TWICE = "watchdog-model-twice": Unsupported, Validate, "they have fixed places";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let watchdogs = &cx.domain.devices.watchdogs;
    if !cx.release.has(Convention::ImpliedItco)
        && let Some(extra) = watchdogs.get(1)
    {
        out.refuse(&WATCHDOG_SINGLE, extra.info.pos, "a guest has one 'watchdog'");
    }
    for (n, watchdog) in watchdogs.iter().enumerate() {
        let Some(model) = watchdog.model else { continue };
        let earlier = watchdogs.get(..n).unwrap_or_default();
        if model != WatchdogModel::I6300esb && earlier.iter().any(|w| w.model == Some(model)) {
            let message = format!("a guest has one 'watchdog' of model '{model}'");
            out.refuse(&WATCHDOG_TWICE, watchdog.info.pos, message);
        }
        if let (Some(first), Some(action)) = (earlier.first().and_then(|w| w.action), watchdog.action)
            && first != action
        {
            let message =
                format!("attribute 'action' of element 'watchdog' is '{action}', of the first '{first}'");
            out.refuse(&WATCHDOG_ACTION, watchdog.info.pos.attr("action"), message);
        }
        check_place(cx, watchdog, model, out);
    }
}

fn check_place(cx: &Context<'_>, watchdog: &Watchdog, model: WatchdogModel, out: &mut Findings<'_>) {
    let guest = cx.guest;
    let placed = match (&watchdog.info.address, model) {
        (None, _) => true,
        (Some(address), WatchdogModel::I6300esb) => matches!(address, Address::Pci(_)),
        (Some(_), _) => false,
    };
    if !placed {
        let message = format!("a 'watchdog' of model '{model}' has no such 'address'");
        out.refuse(&WATCHDOG_ADDRESS, watchdog.info.pos.path("address"), message);
    }
    let fits = match model {
        WatchdogModel::I6300esb => true,
        WatchdogModel::Ib700 => guest.is_i440fx() || !guest.release.has(Convention::ImpliedItco),
        WatchdogModel::Diag288 => guest.arch.is_s390(),
        WatchdogModel::Itco => guest.is_q35(),
    };
    if !fits {
        let message = format!("machine '{}' has no 'watchdog' of model '{model}'", guest.machine);
        out.refuse(&WATCHDOG_MACHINE, watchdog.info.pos.attr("model"), message);
    }
}
