//! A rule on what a vhost-user daemon serves: it has to see the guest's memory.

use virtargv_model::Place;
use virtargv_model::memory::MemoryAccess;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A vhost-user daemon needs memory that is shared with it.
    SHARED_MEMORY = "vhost-user-shared-memory": Unsupported, Validate, "vhost-user hands over descriptors of the guest's memory";
}

/// Holds it for `what`, which stands at `place`.
pub(crate) fn check(cx: &Context<'_>, what: &str, place: impl Into<Place>, out: &mut Findings<'_>) {
    let shared = Some(MemoryAccess::Shared);
    let access = cx.domain.memory.backing.access;
    let cells = &cx.domain.numa.cells;
    let machine = cx.caps.machine(cx.guest.accel, &cx.guest.machine);
    // Without cells it is the machine that has the memory, and not each can be told where it comes from.
    let from_machine = access == shared && machine.is_some_and(|m| m.default_ram_id.is_some());
    let is_shared = if cells.is_empty() {
        from_machine
    } else {
        cells.iter().all(|cell| cell.mem_access.or(access) == shared)
    };
    if !is_shared {
        let message =
            format!("'{what}' needs shared memory ('memoryBacking' with 'access' of mode 'shared')");
        out.refuse(&SHARED_MEMORY, place, message);
    }
}
