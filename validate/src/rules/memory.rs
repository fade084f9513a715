//! Rules on `<memory>`, `<maxMemory>`, `<memoryBacking>` and `<memtune>`.

use virtargv_caps::Cap;
use virtargv_model::memory::{MemoryAccess, MemoryAllocation, MemorySource};
use virtargv_model::{Kib, Message, NumberSet};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A guest has memory besides that of memory devices.
    SIZE = "memory-size-missing": Xml, Complete,
        "`<memory>`, or the sum of `<cpu><numa><cell memory=>`: `-m`",
        help "add `<memory unit='MiB'>` with a size above 0";
    /// The memory devices have no more memory than the guest.
    DEVICES = "memory-devices-exceed-total": Xml, Complete,
        "`<memory>` is the total, which includes the sizes of `<devices><memory>`",
        help "raise `<memory>`, or make the memory devices smaller";
    /// Memory slots need a maximum memory size.
    SLOTS = "memory-slots-without-max": Xml, Complete,
        "`<maxMemory slots=>`: `maxmem=` and `slots=` of `-m` go together; releases that demand slots for every memory device refuse a size without slots too",
        help "give `<maxMemory>` a size and `slots=`, or remove it";
    /// The maximum memory size is at least the guest's memory.
    MAX = "memory-max-too-small": Xml, Complete,
        "`<maxMemory>`: `maxmem=` of `-m` includes the initial memory",
        help "raise `<maxMemory>` to the size of `<memory>` or more";
    /// A QEMU guest has no guaranteed minimum of host memory.
    GUARANTEE = "memtune-min-guarantee": Unsupported, Validate,
        "`<memtune><min_guarantee>`: control groups of Linux have no such limit for libvirt's QEMU driver",
        help "remove `<min_guarantee>`";
    /// Huge pages exclude allocation mode `ondemand`.
    HUGEPAGES_ONDEMAND = "hugepages-ondemand": Unsupported, Validate,
        "`<memoryBacking><hugepages>` and `<allocation mode='ondemand'>`: libvirt allocates huge pages before the guest starts",
        help "remove `<allocation>`, or use `mode='immediate'`";
    /// Threads for memory allocation need a QEMU that has them.
    THREADS = "memory-prealloc-threads": Unsupported, Validate,
        "`<memoryBacking><allocation threads=>`: `prealloc-threads=` of memory backends, new in QEMU 5.0",
        help "remove `threads=` from `<allocation>`, or use QEMU 5.0 or later";
    /// Huge pages exclude memory source `anonymous`.
    HUGEPAGES_ANONYMOUS = "hugepages-anonymous": Unsupported, Validate,
        "`<memoryBacking><hugepages>` and `<source type='anonymous'>`: huge pages come from a file in hugetlbfs or a memfd",
        help "remove `<source>`, or use `type='memfd'`";
    /// Huge pages from memory source `memfd` need a QEMU that has them.
    HUGEPAGES_MEMFD = "hugepages-memfd": Unsupported, Validate,
        "`<memoryBacking><source type='memfd'>`: `hugetlb=` of `memory-backend-memfd`",
        help "use `<source type='file'>`, or a QEMU that has it";
    /// Access mode `shared` of huge pages needs a guest NUMA cell where the machine's memory is no memory backend.
    HUGEPAGES_ACCESS = "hugepages-access": Unsupported, Validate,
        "`<memoryBacking><access mode='shared'/>`: `-mem-path` has no `share=`",
        help "add a `<numa><cell>`, or remove `<access>`";
    /// Keeping pages from being merged needs a QEMU that has it.
    MERGE = "memory-nosharepages": Unsupported, Validate,
        "`<memoryBacking><nosharepages/>`: `-machine mem-merge=off`",
        help "remove `<nosharepages/>`, or use a QEMU that has it";
    /// Huge pages need a QEMU with file memory backends.
    HUGEPAGES_BACKEND = "hugepages-backend": Unsupported, Validate,
        "`<memoryBacking><hugepages>`: `memory-backend-file`",
        help "remove `<hugepages>`, or use a QEMU that has it";
    /// A guest NUMA cell has huge pages of one size.
    HUGEPAGES_INTERSECT = "hugepages-intersect": Plain, Validate,
        "`<hugepages><page nodeset=>`: the sets of two pages have no cell in common",
        help "remove the cell from all `nodeset=` but one";
    /// One size of huge pages is for the cells that no other page names.
    HUGEPAGES_MASTERS = "hugepages-masters": Plain, Validate,
        "`<hugepages><page>` without `nodeset=`",
        help "add `nodeset=` to all `<page>` but one";
    /// Huge pages are for guest NUMA cells that exist.
    HUGEPAGES_NODE = "hugepages-node-missing": Plain, Validate,
        "`<hugepages><page nodeset=>`: ids of `<numa><cell>`, 0 where there are no cells",
        help "remove the number from `nodeset=`, or add the `<cell>`";
}

/// Checks the guest's memory against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    sizes(cx, out);
    if cx.domain.tune.memory.min_guarantee.is_some() {
        let place = cx.domain.tune.memory.pos.path("min_guarantee");
        out.refuse(&GUARANTEE, place, "`<min_guarantee>` is not supported by QEMU");
    }
    if cx.domain.memory.backing.hugepages.is_some() {
        hugepages(cx, out);
        page_sets(cx, out);
    }
}

fn sizes(cx: &Context<'_>, out: &mut Findings<'_>) {
    let memory = &cx.domain.memory;
    if memory.size.is_none() && out.unread().has_part_of(memory.pos) {
        return;
    }
    let total = memory.size.unwrap_or_default();
    let devices = cx.domain.devices.memories.iter().fold(0u64, |sum, d| sum.saturating_add(d.target.size.0));
    if devices > total.0 {
        let message = format!(
            "the memory devices have `{devices}` KiB, more than the guest's `{}` KiB in all",
            total.0
        );
        out.refuse(&DEVICES, memory.pos, message);
    } else if devices == total.0 && devices > 0 {
        let message = format!(
            "the memory devices have all `{devices}` KiB of the guest's memory, which leaves none to start with"
        );
        out.refuse(&SIZE, memory.pos, message);
    } else if devices == total.0 {
        let (what, help) = match memory.pos.offset() {
            None => (
                "the domain has no `<memory>`",
                "add `<memory>` with a size, such as `<memory unit='MiB'>1024</memory>`",
            ),
            Some(_) => {
                ("`<memory>` has no size above `0`", "write the size of the guest's memory into `<memory>`")
            }
        };
        let cells =
            if cx.domain.numa.cells.is_empty() { "" } else { ", and the cells of `<numa>` have none" };
        let place = if memory.pos.offset().is_some() { memory.pos } else { cx.domain.pos };
        out.refuse(&SIZE, place, Message::new(format!("{what}{cells}")).with_help(help));
    }
    let Some(max) = memory.max else { return };
    if (max.slots > 0 && max.size == Kib(0)) || (max.slots == 0 && cx.release.has(SLOTS_NEEDED)) {
        let message =
            format!("`<maxMemory>` is `{}` KiB with `{}` slots, it needs both", max.size.0, max.slots);
        out.refuse(&SLOTS, max.pos, message);
    } else if max.size > Kib(0) && max.size < total {
        let message =
            format!("`<maxMemory>` is `{}` KiB, less than the guest's `{}` KiB", max.size.0, total.0);
        out.refuse(&MAX, max.pos, message);
    }
}

/// The releases in which `<maxMemory>` always needs slots.
const SLOTS_NEEDED: virtargv_caps::Convention = virtargv_caps::Convention::MaxMemoryNeedsSlots;

fn hugepages(cx: &Context<'_>, out: &mut Findings<'_>) {
    let backing = &cx.domain.memory.backing;
    let place = backing.pos.path("hugepages");
    let pages = backing.hugepages.as_deref().unwrap_or_default();
    // A `<page>` of the host's page size asks for no huge pages.
    let is_host_page = |size: Kib| cx.host.machine().page_size() == Ok(size.bytes());
    let first_is_host_page = pages.first().is_some_and(|page| is_host_page(page.size));
    let cells = cx.domain.numa.cells.len();
    if backing.allocation == Some(MemoryAllocation::Ondemand) {
        let message = "`<hugepages>` is not supported with allocation mode `ondemand`";
        out.refuse(&HUGEPAGES_ONDEMAND, place, message);
    } else if backing.allocation_threads.is_some() && !cx.has(Cap::MemoryBackendPreallocThreads) {
        let message = "`threads` of `<allocation>` are not supported by this QEMU";
        out.refuse(&THREADS, backing.pos.path("allocation/@threads"), message);
    } else if backing.source == Some(MemorySource::Anonymous) {
        let message = "`<hugepages>` is not supported with memory source `anonymous`";
        out.refuse(&HUGEPAGES_ANONYMOUS, place, message);
    } else if backing.source == Some(MemorySource::Memfd) && !cx.has(Cap::ObjectMemoryMemfdHugetlb) {
        let message = "`<hugepages>` with memory source `memfd` is not supported by this QEMU";
        out.refuse(&HUGEPAGES_MEMFD, place, message);
    } else if !has_ram_id(cx)
        && !first_is_host_page
        && cells == 0
        && backing.access == Some(MemoryAccess::Shared)
    {
        let message = "memory access mode `shared` of huge pages needs a guest NUMA cell";
        out.refuse(&HUGEPAGES_ACCESS, backing.pos.path("access/@mode"), message);
    } else if backing.nosharepages && !cx.has(Cap::MemMerge) {
        let message = "`nosharepages` is not supported by this QEMU";
        out.refuse(&MERGE, backing.pos.path("nosharepages"), message);
    }
    if !first_is_host_page && !cx.has(Cap::ObjectMemoryFile) {
        let message = "`<hugepages>` needs a memory backend `memory-backend-file`, which this QEMU lacks";
        out.refuse(&HUGEPAGES_BACKEND, backing.pos.path("hugepages"), message);
    }
}

/// Whether the machine's memory is a memory backend.
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
                    "pages of `{}` KiB and of `{}` KiB are both given without `nodeset`",
                    page.size.0, other.0
                );
                out.refuse(&HUGEPAGES_MASTERS, page.pos, message);
            }
            master.get_or_insert(page.size);
            continue;
        };
        if seen.overlaps(nodes) {
            let message =
                format!("`nodeset` of pages of `{}` KiB has cells with pages of another size", page.size.0);
            out.refuse(&HUGEPAGES_INTERSECT, page.pos.attr("nodeset"), message);
            return;
        }
        seen.union(nodes);
        if let Some(missing) = nodes.first_from(cells) {
            let message = format!("huge pages are for the guest NUMA cell `{missing}`, which does not exist");
            out.refuse(&HUGEPAGES_NODE, page.pos.attr("nodeset"), message);
        }
    }
}
