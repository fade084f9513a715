//! Lints on teaming pairs.

use virtargv_model::Edit;
use virtargv_model::advice::Message;

use super::{Context, Found};
use crate::teaming::{Persistent, other_mac, transient};

virtargv_model::rules! {
    /// The persistent interface of a teaming pair exists.
    PARTNER = "net-teaming-partner": Plain, Validate,
        "`<teaming type='transient' persistent=>` is the alias of the persistent interface: a user alias, which begins with `ua-`, or `net0`",
        help "give the persistent interface `<alias name='ua-...'/>`, and name it", severity Warning;
    /// The interfaces of a teaming pair have one MAC address.
    MAC = "net-teaming-mac": Plain, Validate,
        "the guest's `net_failover` driver joins the interfaces of one MAC address",
        help "give both interfaces the same `<mac address=>`", severity Warning;
    /// The host device of a teaming pair is managed.
    MANAGED = "net-teaming-managed": Plain, Validate,
        "the host device is unplugged for a migration and plugged again after it, which libvirt does for managed devices only",
        help "add `managed='yes'`", severity Warning;
}

pub(super) fn check(cx: &Context<'_>, out: &mut Found) {
    let persistent = Persistent::of(&cx.domain.devices, cx.runs);
    for part in transient(&cx.domain.devices) {
        if part.is_unmanaged {
            let message = Message::new("the transient device of a teaming pair is not `managed`");
            out.push(&MANAGED, part.pos, message.with_edit(Edit::attribute(part.pos, "managed", "yes")));
        }
        match persistent.of_pair(&part) {
            None => {}
            Some(Err((place, message))) => out.push(&PARTNER, place, message),
            Some(Ok(partner)) => {
                if let Some((place, message)) = other_mac(&part, partner) {
                    out.push(&MAC, place, message);
                }
            }
        }
    }
}
