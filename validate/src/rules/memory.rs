//! Rules on `<memory>`, `<memoryBacking>`.

use virtargv_caps::Cap;
use virtargv_model::memory::{MemoryAccess, MemoryAllocation, MemorySource};
use virtargv_model::{Kib, NumberSet};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A guest has memory.
    SIZE = "memory-size-missing": Xml, Complete, "domain format: <memory>, or the cells of <cpu><numa>";
    /// Memory devices fit into the total.
    DEVICES = "memory-devices-exceed-total": Xml, Complete, "domain format: <memory> counts memory devices too";
    /// Slots for memory devices need room to grow.
    SLOTS = "memory-slots-without-max": Xml, Complete, "domain format: <maxMemory slots=>";
    /// The most memory is not less than what there is.
    MAX = "memory-max-too-small": Xml, Complete, "domain format: <maxMemory>";
    /// No minimum of host memory is kept for a guest.
    GUARANTEE = "memtune-min-guarantee": Unsupported, Validate, "QEMU has no such option";
    /// Huge pages are taken before the guest starts.
    HUGEPAGES_ONDEMAND = "hugepages-ondemand": Unsupported, Validate, "domain format: <allocation mode=>";
    /// Threads that fill memory need a QEMU that has them.
    THREADS = "memory-prealloc-threads": Unsupported, Validate, "QEMU: prealloc-threads of memory objects";
    /// Huge pages come from a file or memfd.
    HUGEPAGES_ANONYMOUS = "hugepages-anonymous": Unsupported, Validate, "domain format: <source type=>";
    /// Huge pages from memfd need a QEMU that can.
    HUGEPAGES_MEMFD = "hugepages-memfd": Unsupported, Validate, "QEMU: hugetlb of memory-backend-memfd";
    /// How huge pages are mapped can only be said where memory has an object.
    HUGEPAGES_ACCESS = "hugepages-access": Unsupported, Validate, "QEMU: -mem-path has no share=";
    /// Pages are kept from being merged only where the QEMU can.
    MERGE = "memory-nosharepages": Unsupported, Validate, "`-machine mem-merge=`";
    /// Huge pages of a cell need memory objects.
    HUGEPAGES_CELL = "hugepages-cell": Unsupported, Validate, "QEMU: memory-backend-file";
    /// A cell has huge pages of one size.
    HUGEPAGES_INTERSECT = "hugepages-intersect": Plain, Validate, "domain format: <page nodeset=>";
    /// There is one size of huge pages for all other cells.
    HUGEPAGES_MASTERS = "hugepages-masters": Plain, Validate, "domain format: <page> without nodeset=";
    /// Huge pages are for cells that are there.
    HUGEPAGES_NODE = "hugepages-node-missing": Plain, Validate, "domain format: <page nodeset=>";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    sizes(cx, out);
    if cx.domain.tune.memory.min_guarantee.is_some() {
        let place = cx.domain.tune.memory.pos.path("min_guarantee");
        out.refuse(&GUARANTEE, place, "element 'min_guarantee' cannot be kept by QEMU");
    }
    if cx.domain.memory.backing.hugepages.is_some() {
        hugepages(cx, out);
        page_sets(cx, out);
    }
}

fn sizes(cx: &Context<'_>, out: &mut Findings<'_>) {
    let memory = &cx.domain.memory;
    if memory.size.is_none() && out.is_bad(memory.pos) {
        return;
    }
    let total = memory.size.unwrap_or_default();
    let devices = cx.domain.devices.memories.iter().fold(0u64, |sum, d| sum.saturating_add(d.target.size.0));
    if devices > total.0 {
        let message =
            format!("the memory devices have '{devices}' KiB, the guest has '{}' KiB in all", total.0);
        out.refuse(&DEVICES, memory.pos, message);
    } else if devices == total.0 {
        let message = "the guest has no memory: neither '<memory>' nor the cells of '<numa>' give it any";
        out.refuse(&SIZE, cx.domain.pos, message);
    }
    let Some(max) = memory.max else { return };
    if (max.slots > 0 && max.size == Kib(0)) || (max.slots == 0 && cx.release.has(SLOTS_NEEDED)) {
        let message =
            format!("'maxMemory' is '{}' KiB with '{}' slots: it needs both", max.size.0, max.slots);
        out.refuse(&SLOTS, max.pos, message);
    } else if max.size > Kib(0) && max.size < total {
        let message =
            format!("'maxMemory' is '{}' KiB, less than the '{}' KiB there are", max.size.0, total.0);
        out.refuse(&MAX, max.pos, message);
    }
}

/// The release that wants slots wherever there is `<maxMemory>`.
const SLOTS_NEEDED: virtargv_caps::Convention = virtargv_caps::Convention::MaxMemoryNeedsSlots;

fn hugepages(cx: &Context<'_>, out: &mut Findings<'_>) {
    let backing = &cx.domain.memory.backing;
    let place = backing.pos.path("hugepages");
    let pages = backing.hugepages.as_deref().unwrap_or_default();
    let usual = |size: Kib| size.bytes() == cx.host.page_size();
    let first_is_usual = pages.first().is_some_and(|page| usual(page.size));
    let cells = cx.domain.numa.cells.len();
    if backing.allocation == Some(MemoryAllocation::Ondemand) {
        let message = "element 'hugepages' cannot be used with the allocation mode 'ondemand'";
        out.refuse(&HUGEPAGES_ONDEMAND, place, message);
    } else if backing.allocation_threads.is_some() && !cx.has(Cap::MemoryBackendPreallocThreads) {
        let message = "this QEMU cannot be told the 'threads' that fill memory";
        out.refuse(&THREADS, backing.pos.path("allocation/@threads"), message);
    } else if backing.source == Some(MemorySource::Anonymous) {
        let message = "element 'hugepages' cannot be used with the memory source 'anonymous'";
        out.refuse(&HUGEPAGES_ANONYMOUS, place, message);
    } else if backing.source == Some(MemorySource::Memfd) && !cx.has(Cap::ObjectMemoryMemfdHugetlb) {
        let message = "this QEMU cannot take huge pages from the memory source 'memfd'";
        out.refuse(&HUGEPAGES_MEMFD, place, message);
    } else if !has_ram_id(cx) && !first_is_usual && cells == 0 && backing.access == Some(MemoryAccess::Shared)
    {
        let message = "the memory access mode 'shared' of huge pages needs a guest NUMA cell";
        out.refuse(&HUGEPAGES_ACCESS, backing.pos.path("access/@mode"), message);
    } else if backing.nosharepages && !cx.has(Cap::MemMerge) {
        let message = "this QEMU cannot do what 'nosharepages' asks for";
        out.refuse(&MERGE, backing.pos.path("nosharepages"), message);
    }
    if !first_is_usual && !cx.has(Cap::ObjectMemoryFile) {
        let message = "this QEMU cannot give guest NUMA cells huge pages";
        out.refuse(&HUGEPAGES_CELL, backing.pos.path("hugepages"), message);
    }
}

/// Whether main memory is an object.
fn has_ram_id(cx: &Context<'_>) -> bool {
    let machine = cx.caps.machine(cx.guest.accel, &cx.guest.machine);
    machine.is_some_and(|machine| machine.default_ram_id.is_some())
}

fn page_sets(cx: &Context<'_>, out: &mut Findings<'_>) {
    let pages = cx.domain.memory.backing.hugepages.as_deref().unwrap_or_default();
    let cells = u32::try_from(cx.domain.numa.cells.len()).unwrap_or(u32::MAX);
    let mut master: Option<Kib> = None;
    let mut seen = NumberSet::new();
    for page in pages {
        let Some(nodes) = &page.nodeset else {
            if let Some(other) = master {
                let message = format!(
                    "pages of '{}' KiB and of '{}' KiB are both for all the other cells",
                    page.size.0, other.0
                );
                out.refuse(&HUGEPAGES_MASTERS, page.pos, message);
            }
            master.get_or_insert(page.size);
            continue;
        };
        if seen.overlaps(nodes) {
            let message =
                format!("pages of '{}' KiB are for cells that have pages of another size", page.size.0);
            out.refuse(&HUGEPAGES_INTERSECT, page.pos.attr("nodeset"), message);
            return;
        }
        seen.union(nodes);
        if let Some(missing) = nodes.first_from(cells) {
            let message =
                format!("huge pages are asked for the guest NUMA cell '{missing}', which is not there");
            out.refuse(&HUGEPAGES_NODE, page.pos.attr("nodeset"), message);
        }
    }
}
