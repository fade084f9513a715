//! Rules on `<cpu><numa>`.

use std::collections::BTreeSet;

use virtargv_caps::Cap;
use virtargv_model::numa::{Cell, Interconnect, LOCAL_DISTANCE, Numa, REMOTE_DISTANCE};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// Binding the memory of a guest NUMA cell needs a QEMU with memory backends.
    BINDING = "numa-memnode-unsupported": Unsupported, Validate,
        "`<numatune><memnode>`: `host-nodes=` and `policy=` of `memory-backend-ram` and the like",
        help "remove `<memnode>`, or use a QEMU that has them";
    /// The memory access mode of a guest NUMA cell needs a QEMU with memory backends.
    SHARED = "numa-memaccess-unsupported": Unsupported, Validate,
        "`<numa><cell memAccess=>`: `share=` of `memory-backend-file` and the like",
        help "remove `memAccess=`, or use a QEMU that has them";
    /// The vCPUs of a guest NUMA cell are one range where QEMU takes no more.
    DISJOINT = "numa-cpus-disjoint": Unsupported, Validate,
        "`<numa><cell cpus=>`: `cpus=` of `-numa node` given more than once",
        help "use one range such as `cpus='0-3'`, or a QEMU that takes several";
    /// Distances between guest NUMA cells need a QEMU that has them.
    DISTANCES = "numa-distances-unsupported": Unsupported, Validate,
        "`<numa><cell><distances>`: `-numa dist`, new in QEMU 2.10",
        help "remove `<distances>`, or use QEMU 2.10 or later";
    /// Caches and interconnects of guest NUMA cells need a QEMU that has them.
    HMAT = "numa-hmat-unsupported": Unsupported, Validate,
        "`<numa><cell><cache>` and `<interconnects>`: `-numa hmat-cache` and `hmat-lb`, new in QEMU 5.0",
        help "remove `<cache>` and `<interconnects>`, or use QEMU 5.0 or later";
    /// The cache level of a guest NUMA cell is at most 3.
    CACHE_LEVEL = "numa-cache-level": Xml, Validate,
        "`<numa><cell><cache level=>`: `level=` of `-numa hmat-cache` goes from 1 to 3",
        help "set `level=` to 1, 2 or 3";
    /// A cache level of a guest NUMA cell is described once.
    CACHE_TWICE = "numa-cache-twice": Xml, Validate,
        "`<numa><cell><cache level=>`: QEMU refuses a second `-numa hmat-cache` for the same cell and level",
        help "remove one of the `<cache>` elements, or change its `level=`";
    /// Initiator and target of an interconnect are guest NUMA cells.
    LINK_CELL = "numa-interconnect-cell": Xml, Validate,
        "`<interconnects><latency initiator= target=>`: ids of `<numa><cell>`",
        help "use the ids of cells that are described";
    /// The initiator of an interconnect is a guest NUMA cell with vCPUs.
    LINK_INITIATOR = "numa-interconnect-initiator": Xml, Validate,
        "`<interconnects><latency initiator=>`: memory is accessed by vCPUs",
        help "name a cell with `cpus=` as `initiator=`";
    /// The cache of an interconnect is one of the target cell's.
    LINK_CACHE = "numa-interconnect-cache": Xml, Validate,
        "`<interconnects><latency cache=>`: the level of a `<cache>` of the cell that `target=` names",
        help "add the `<cache>` to the cell, or remove `cache=`";
    /// An interconnect is described once.
    LINK_TWICE = "numa-interconnect-twice": Xml, Validate,
        "`<interconnects>`: QEMU refuses a second `-numa hmat-lb` for the same cells and type; the way back is the same interconnect",
        help "remove one of the elements";
    /// At least one guest NUMA cell has vCPUs.
    NO_VCPUS = "numa-no-vcpus": Unsupported, Build,
        "`<numa><cell cpus=>`: `initiator=` of `-numa node` names a cell with vCPUs",
        help "add `cpus=` to a `<cell>`";
    /// A guest with distances between NUMA cells has at most 1024 cells.
    DISTANCES_LIMIT = "numa-distances-limit": Unsupported, Build,
        "`<numa><cell><distances>`: one `-numa dist` for each pair of cells; QEMU takes 128 cells (`MAX_NODES`)",
        help "remove `<distances>`, or describe fewer cells";
}

/// Checks `<cpu><numa>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let numa = &cx.domain.numa;
    support(cx, numa, out);
    numa.cells.iter().for_each(|cell| caches(cell, out));
    links(numa, out);
}

/// What this QEMU must support.
fn support(cx: &Context<'_>, numa: &Numa, out: &mut Findings<'_>) {
    let objects = [Cap::ObjectMemoryRam, Cap::ObjectMemoryFile, Cap::ObjectMemoryMemfd];
    let has_objects = objects.into_iter().any(|cap| cx.has(cap));
    if let Some(node) = cx.domain.tune.numa.nodes.first().filter(|_| !has_objects) {
        let message = format!("this QEMU cannot bind the memory of the guest NUMA cell `{}`", node.cell);
        out.refuse(&BINDING, node.pos, message);
    }
    for (id, cell) in numa.cells.iter().enumerate() {
        if let Some(access) = cell.mem_access.filter(|_| !has_objects) {
            let message =
                format!("this QEMU cannot map the memory of the guest NUMA cell `{id}` as `{access}`");
            out.refuse(&SHARED, cell.pos.attr("memAccess"), message);
        }
        let runs = cell.cpus.as_ref().map_or(0, |cpus| cpus.runs().count());
        if runs > 1 && !cx.has(Cap::Numa) {
            let message =
                format!("this QEMU takes one range of vCPUs for a guest NUMA cell, cell `{id}` has `{runs}`");
            out.refuse(&DISJOINT, cell.pos.attr("cpus"), message);
        }
    }
    if !cx.has(Cap::NumaDist) && numa.cells.iter().any(|cell| has_distances(cell, numa.cells.len())) {
        out.refuse(&DISTANCES, numa.pos, "`<distances>` of guest NUMA cells are not supported by this QEMU");
    }
    let hmat = !numa.interconnects.is_empty() || numa.cells.iter().any(|cell| !cell.caches.is_empty());
    if hmat && !cx.has(Cap::NumaHmat) {
        let message = "`<cache>` and `<interconnects>` of guest NUMA cells are not supported by this QEMU";
        out.refuse(&HMAT, numa.pos, message);
    }
}

/// Whether a cell has distances other than those that QEMU has without `-numa dist`.
fn has_distances(cell: &Cell, cells: usize) -> bool {
    let is_default = |value| value == LOCAL_DISTANCE || value == REMOTE_DISTANCE;
    let distances = &cell.distances;
    !distances.is_empty() && (distances.len() != cells || !distances.iter().all(|to| is_default(to.value)))
}

fn caches(cell: &Cell, out: &mut Findings<'_>) {
    let mut seen = BTreeSet::new();
    for cache in &cell.caches {
        if cache.level > 3 {
            let message = format!("`level` of `<cache>` is `{}`, it must be at most 3", cache.level);
            out.refuse(&CACHE_LEVEL, cache.pos.attr("level"), message);
        }
        if !seen.insert(cache.level) {
            let message =
                format!("the cache level `{}` of a guest NUMA cell is described twice", cache.level);
            out.refuse(&CACHE_TWICE, cache.pos.attr("level"), message);
        }
    }
}

fn links(numa: &Numa, out: &mut Findings<'_>) {
    let mut seen = BTreeSet::new();
    let mut pairs = BTreeSet::new();
    let levels: BTreeSet<(u32, u32)> = (0..)
        .zip(&numa.cells)
        .flat_map(|(id, cell)| cell.caches.iter().map(move |cache| (id, cache.level)))
        .collect();
    for link in &numa.interconnects {
        let Interconnect { pos, initiator, target, cache, .. } = *link;
        let (Some(from), Some(_)) = (numa.cells.get(initiator as usize), numa.cells.get(target as usize))
        else {
            let message = format!(
                "`initiator` `{initiator}` and `target` `{target}` of `<{}>` must be guest NUMA cells",
                link.kind
            );
            out.refuse(&LINK_CELL, pos, message);
            continue;
        };
        if from.cpus.is_none() {
            let message =
                format!("`initiator` `{initiator}` of `<{}>` is a guest NUMA cell without vCPUs", link.kind);
            out.refuse(&LINK_INITIATOR, pos.attr("initiator"), message);
        }
        if cache > 0 && !levels.contains(&(target, cache)) {
            let message =
                format!("`cache` `{cache}` of `<{}>` is not described in cell `{target}`", link.kind);
            out.refuse(&LINK_CACHE, pos.attr("cache"), message);
        }
        let is_new = seen.insert((link.kind, initiator, target, cache, link.access));
        let back = initiator != target && pairs.contains(&(target, initiator));
        pairs.insert((initiator, target));
        if !is_new || back {
            let message =
                format!("the `{}` between cell `{initiator}` and cell `{target}` is given twice", link.kind);
            out.refuse(&LINK_TWICE, pos, message);
        }
    }
}

/// The most cells whose distances are written out, pair by pair: those that QEMU takes (`MAX_NODES`).
const MOST_DISTANT: usize = 128;

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let numa = &cx.domain.numa;
    let count = numa.cells.len();
    if count == 0 {
        return;
    }
    if numa.cells.iter().all(|cell| cell.cpus.is_none()) {
        out.refuse(&NO_VCPUS, numa.pos, "none of the guest NUMA cells has a vCPU");
    }
    if count > MOST_DISTANT && numa.cells.iter().any(|cell| has_distances(cell, count)) {
        let message = format!("the distances of `{count}` guest NUMA cells are more than QEMU takes");
        out.refuse(&DISTANCES_LIMIT, numa.pos, message);
    }
}
