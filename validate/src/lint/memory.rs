//! Lints on `<memory>` and `<currentMemory>`.

use virtargv_model::advice::Message;

use super::{Context, Found};

virtargv_model::rules! {
    /// `<currentMemory>` is at most `<memory>`.
    CURRENT = "memory-current-above": Plain, Validate,
        "`<currentMemory>` is what the balloon leaves the guest of its `<memory>`; libvirt takes a larger value down to that",
        help "make `<memory>` larger, or `<currentMemory>` smaller", severity Warning;
    /// `<memory>` is the sum of the memory of guest NUMA cells.
    CELLS = "memory-numa-cells": Plain, Validate,
        "where a guest has NUMA cells, it starts with the sum of their memory, whatever `<memory>` says",
        help "make `<memory>` the sum of `memory=` of the cells", severity Warning;
}

pub(super) fn check(cx: &Context<'_>, out: &mut Found) {
    check_cells(cx, out);
    let memory = &cx.domain.memory;
    let cells = cx.domain.numa.memory().0;
    let (Some(current), Some(size)) = (memory.current, memory.size) else { return };
    // The memory of cells and memory devices counts in place of `<memory>`.
    if current > size && cells == 0 && cx.domain.devices.memories.is_empty() {
        let message =
            format!("`<currentMemory>` is {} KiB, more than the {} KiB of `<memory>`", current.0, size.0);
        let message = Message::new(message).with_help(format!(
            "the guest gets {} KiB; make `<memory>` larger if it is to have more",
            size.0
        ));
        out.push(&CURRENT, cx.domain.pos.path("currentMemory"), message);
    }
}

/// Memory devices count in `<memory>` too.
fn check_cells(cx: &Context<'_>, out: &mut Found) {
    let domain = cx.domain;
    let cells = domain.numa.memory().0;
    let Some(size) = domain.memory.size else { return };
    if cells != 0 && cells != size.0 && domain.devices.memories.is_empty() {
        let message =
            format!("the guest has the {cells} KiB of its NUMA cells, not the {} KiB of `<memory>`", size.0);
        out.push(&CELLS, domain.pos.path("memory"), message);
    }
}
