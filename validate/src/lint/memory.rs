//! Lints on `<memory>` and `<currentMemory>`.

use virtargv_model::advice::Message;

use super::{Context, Found};

virtargv_model::rules! {
    /// `<currentMemory>` is at most `<memory>`.
    CURRENT = "memory-current-above": Plain, Validate,
        "`<currentMemory>` is what the balloon leaves the guest of its `<memory>`; libvirt takes a larger value down to that",
        help "make `<memory>` larger, or `<currentMemory>` smaller", severity Warning;
}

pub(super) fn check(cx: &Context<'_>, out: &mut Found) {
    let memory = &cx.domain.memory;
    let cells: u64 = cx.domain.numa.cells.iter().map(|cell| cell.memory.0).fold(0, u64::saturating_add);
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
