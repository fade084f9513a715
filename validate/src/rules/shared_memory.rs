//! Whether another process can map the guest's memory: what everything that speaks vhost-user needs.

use virtargv_model::memory::MemoryAccess;

use crate::Context;

/// Whether all of the guest's memory is shared with other processes.
pub(crate) fn is_shared(cx: &Context<'_>) -> bool {
    let domain = cx.domain;
    let whole = domain.memory.backing.access == Some(MemoryAccess::Shared);
    if domain.numa.cells.is_empty() {
        // A machine without a name for its memory has it allocated by QEMU itself, which shares nothing.
        let machine = cx.caps.machine(cx.guest.accel, &cx.guest.machine);
        return whole && machine.is_some_and(|m| m.default_ram_id.is_some());
    }
    domain.numa.cells.iter().all(|cell| match cell.mem_access {
        None => whole,
        Some(access) => access == MemoryAccess::Shared,
    })
}
