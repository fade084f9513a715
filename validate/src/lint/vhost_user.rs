//! Lints on devices that another process serves.

use virtargv_model::Pos;
use virtargv_model::device::net::InterfaceType;

use super::{Context, Found};
use crate::rules::vhost_user::is_shared;

virtargv_model::rules! {
    /// The guest of a vhost-user interface has shared memory.
    MEMORY = "vhost-user-memory": Plain, Validate,
        "the process at the other end of a vhost-user socket maps the guest's memory; without shared memory no packet arrives",
        help "add `<memoryBacking><access mode='shared'/></memoryBacking>`", severity Warning;
}

pub(super) fn check(cx: &Context<'_>, out: &mut Found) {
    let interfaces = cx.domain.devices.interfaces.iter();
    let served = interfaces.filter(|nic| nic.kind() == InterfaceType::Vhostuser).map(|nic| nic.info.pos);
    let served: Vec<Pos> = served.collect();
    if !served.is_empty() && !is_shared(cx.domain, cx.caps, &cx.guest) {
        for pos in served {
            out.push(
                &MEMORY,
                pos,
                "the vhost-user interface needs shared memory, which the guest does not have",
            );
        }
    }
}
