//! The rule on all devices that a vhost-user daemon serves: the guest's memory is shared.

use virtargv_model::Place;
use virtargv_model::memory::MemoryAccess;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A vhost-user daemon needs shared guest memory.
    SHARED_MEMORY = "vhost-user-shared-memory": Unsupported, Validate,
        "`<memoryBacking><access mode='shared'/>`, or `memAccess='shared'` of every `<numa><cell>`: the vhost-user protocol passes descriptors of the guest's memory",
        help "add `<memoryBacking><access mode='shared'/></memoryBacking>`";
}

/// Checks that the guest's memory is shared, as `what` at `place` needs it.
pub(crate) fn check(cx: &Context<'_>, what: &str, place: impl Into<Place>, out: &mut Findings<'_>) {
    let shared = Some(MemoryAccess::Shared);
    let access = cx.domain.memory.backing.access;
    let cells = &cx.domain.numa.cells;
    let machine = cx.caps.machine(cx.guest.accel, &cx.guest.machine);
    // Without cells, the memory is the machine's, and only some machine types take a memory backend.
    let from_machine = access == shared && machine.is_some_and(|m| m.default_ram_id.is_some());
    let is_shared = if cells.is_empty() {
        from_machine
    } else {
        cells.iter().all(|cell| cell.mem_access.or(access) == shared)
    };
    if !is_shared {
        let message =
            format!("`{what}` needs shared memory (`memoryBacking` with `access` of mode `shared`)");
        out.refuse(&SHARED_MEMORY, place, message);
    }
}
