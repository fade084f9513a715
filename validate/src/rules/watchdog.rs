//! Rules on `<watchdog>`.

use foldhash::HashMap;
use virtargv_caps::Convention;
use virtargv_model::Message;
use virtargv_model::device::watchdog::{Watchdog, WatchdogModel};
use virtargv_model::info::Address;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// All watchdogs of a guest have the same action.
    WATCHDOG_ACTION = "watchdog-action": Unsupported, Validate,
        "`<watchdog action=>`: `-watchdog-action` is for all watchdogs",
        help "use one `action=`";
    /// Only a watchdog of model `i6300esb` has an address, of type `pci`.
    WATCHDOG_ADDRESS = "watchdog-address": Unsupported, Validate,
        "`<watchdog><address>`: the other models are part of chipset or architecture, or have fixed I/O ports",
        help "remove the `<address>`, or use `<address type='pci'>` for `i6300esb`";
    /// The model of a watchdog is one of the machine type.
    WATCHDOG_MACHINE = "watchdog-machine": Unsupported, Validate,
        "`<watchdog model=>`: `ib700` is of i440FX, `itco` of Q35, `diag288` of s390x",
        help "use `model='i6300esb'`, or on s390x `model='diag288'`";
    /// Only watchdogs of model `i6300esb` are there more than once.
    WATCHDOG_TWICE = "watchdog-model-twice": Unsupported, Validate,
        "`<watchdog model=>`: the other models have fixed I/O ports or are part of the machine",
        help "remove one of them";
}

/// Checks every `<watchdog>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let watchdogs = &cx.domain.devices.watchdogs;
    let mut first_of: HashMap<WatchdogModel, &Watchdog> = HashMap::default();
    for (n, watchdog) in watchdogs.iter().enumerate() {
        let Some(model) = watchdog.model else { continue };
        let earlier = watchdogs.get(..n).unwrap_or_default();
        let same = first_of.get(&model).copied();
        first_of.entry(model).or_insert(watchdog);
        if model != WatchdogModel::I6300esb
            && let Some(first) = same
        {
            let message = format!("a guest has at most one `<watchdog>` of model `{model}`");
            let message = Message::new(message).with_label(first.info.pos, "the first is here");
            out.refuse(&WATCHDOG_TWICE, watchdog.info.pos, message);
        }
        // If the action of the first watchdog could not be read, the others are not compared with it.
        let first = earlier.first().filter(|first| !out.unread().covers(&first.info.pos.attr("action")));
        if let (Some(first), Some(action)) = (first.and_then(|first| first.action), watchdog.action)
            && first != action
        {
            let message = format!("`action` of `<watchdog>` is `{action}`, that of the first is `{first}`");
            out.refuse(&WATCHDOG_ACTION, watchdog.info.pos.attr("action"), message);
        }
        check_machine(cx, watchdog, model, out);
    }
}

/// The address and the machine type of a watchdog.
fn check_machine(cx: &Context<'_>, watchdog: &Watchdog, model: WatchdogModel, out: &mut Findings<'_>) {
    let guest = cx.guest;
    let placed = match (&watchdog.info.address, model) {
        (None, _) => true,
        (Some(address), WatchdogModel::I6300esb) => matches!(address, Address::Pci(_)),
        (Some(_), _) => false,
    };
    if !placed {
        let message = format!("this `<address>` is not supported for a `<watchdog>` of model `{model}`");
        out.refuse(&WATCHDOG_ADDRESS, watchdog.info.pos.path("address"), message);
    }
    let fits = match model {
        WatchdogModel::I6300esb => true,
        WatchdogModel::Ib700 => guest.is_i440fx() || !cx.release.has(Convention::Ib700OnI440fx),
        WatchdogModel::Diag288 => guest.arch.is_s390(),
        WatchdogModel::Itco => guest.is_q35(),
    };
    if !fits {
        let message = format!(
            "a `<watchdog>` of model `{model}` is not supported for machine type `{}`",
            guest.machine
        );
        out.refuse(&WATCHDOG_MACHINE, watchdog.info.pos.attr("model"), message);
    }
}
