//! The rule on all devices that a vhost-user daemon serves: the guest's memory is shared.

use virtargv_caps::Caps;
use virtargv_model::memory::MemoryAccess;
use virtargv_model::{Domain, Message, Place};
use virtargv_resolve::Guest;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A vhost-user daemon needs shared guest memory.
    SHARED_MEMORY = "vhost-user-shared-memory": Unsupported, Validate,
        "`<memoryBacking><access mode='shared'/>`, or `memAccess='shared'` of every `<numa><cell>`: the vhost-user protocol passes descriptors of the guest's memory",
        help "set `<access mode='shared'/>` in `<memoryBacking>`";
}

/// Checks that the guest's memory is shared, as `what` at `place` needs it.
pub(crate) fn check(cx: &Context<'_>, what: &str, place: impl Into<Place>, out: &mut Findings<'_>) {
    if !is_shared(cx.domain, cx.caps, cx.guest) {
        let message =
            format!("`{what}` needs memory that is shared with the host: `<access>` of mode `shared`");
        let backing = &cx.domain.memory.backing;
        let help = match (backing.pos.offset(), backing.access) {
            (None, _) => {
                "add `<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>` to `<domain>`"
            }
            (Some(_), None) => "add `<access mode='shared'/>` to `<memoryBacking>`",
            (Some(_), Some(_)) => "set `mode='shared'` of `<access>` in `<memoryBacking>`",
        };
        out.refuse(&SHARED_MEMORY, place, Message::new(message).with_help(help));
    }
}

/// Whether another process can map the guest's memory.
pub(crate) fn is_shared(domain: &Domain, caps: &Caps, guest: &Guest) -> bool {
    let shared = Some(MemoryAccess::Shared);
    let access = domain.memory.backing.access;
    let cells = &domain.numa.cells;
    let machine = caps.machine(guest.accel, &guest.machine);
    // Without cells, the memory is the machine's, and only some machine types take a memory backend.
    let from_machine = access == shared && machine.is_some_and(|m| m.default_ram_id.is_some());
    if cells.is_empty() {
        from_machine
    } else {
        cells.iter().all(|cell| cell.mem_access.or(access) == shared)
    }
}
