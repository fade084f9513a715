//! `<memory>`, `<memoryBacking>`: what the document left open.

use virtargv_model::Kib;

use crate::Work;

/// Fills in `<memory>` and `<currentMemory>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    let memory = &mut work.domain.memory;
    let total = memory.size.unwrap_or_default();
    if total > Kib(0) {
        memory.current = Some(memory.current.filter(|c| *c > Kib(0) && *c <= total).unwrap_or(total));
    }
}
