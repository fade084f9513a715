//! Rules on `<cpu><numa>`.

use std::collections::BTreeSet;

use virtargv_caps::Cap;
use virtargv_model::numa::{Cell, Interconnect, LOCAL_DISTANCE, Numa, REMOTE_DISTANCE};

use crate::{Context, Findings};

crate::rules! {
    /// Cells get memory of their own only where memory has objects.
    BINDING = "numa-memnode-unsupported": Unsupported, Validate, "QEMU: memory objects";
    /// Memory of a cell is shared only where memory has objects.
    SHARED = "numa-memaccess-unsupported": Unsupported, Validate, "QEMU: memory objects";
    /// The vCPUs of a cell are one run where QEMU takes no more.
    DISJOINT = "numa-cpus-disjoint": Unsupported, Validate, "QEMU: -numa node,cpus= given more than once";
    /// Distances need a QEMU that knows them.
    DISTANCES = "numa-distances-unsupported": Unsupported, Validate, "QEMU: -numa dist";
    /// Caches and interconnects need a QEMU that knows them.
    HMAT = "numa-hmat-unsupported": Unsupported, Validate, "QEMU: -numa hmat-lb";
    /// There are three levels of cache.
    CACHE_LEVEL = "numa-cache-level": Xml, Validate, "QEMU: -numa hmat-cache,level=";
    /// A level of cache is described once.
    CACHE_DOUBLE = "numa-cache-double": Xml, Validate, "QEMU: -numa hmat-cache,level=";
    /// Interconnects are between cells that are there.
    LINK_CELL = "numa-interconnect-cell": Xml, Validate, "domain format: <interconnects>";
    /// Only a cell with vCPUs accesses memory.
    LINK_INITIATOR = "numa-interconnect-initiator": Xml, Validate, "domain format: <latency initiator=>";
    /// An interconnect leads to a cache that is there.
    LINK_CACHE = "numa-interconnect-cache": Xml, Validate, "domain format: <latency cache=>";
    /// An interconnect is described once.
    LINK_DOUBLE = "numa-interconnect-double": Xml, Validate, "domain format: <interconnects>";
    /// Some cell has vCPUs.
    NO_VCPUS = "numa-no-vcpus": Unsupported, Build, "QEMU: -numa node,initiator=";
    /// There are not more cells than QEMU takes distances for.
    DISTANCES_LIMIT = "numa-distances-limit": Unsupported, Build, "QEMU: -numa dist for every pair, 128 nodes at most";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let numa = &cx.domain.numa;
    support(cx, numa, out);
    numa.cells.iter().for_each(|cell| caches(cell, out));
    links(numa, out);
}

/// What the QEMU must be able to do.
fn support(cx: &Context<'_>, numa: &Numa, out: &mut Findings<'_>) {
    let objects = [Cap::ObjectMemoryRam, Cap::ObjectMemoryFile, Cap::ObjectMemoryMemfd];
    let has_objects = objects.into_iter().any(|cap| cx.has(cap));
    if let Some(node) = cx.domain.tune.numa.nodes.first().filter(|_| !has_objects) {
        let message = format!("this QEMU cannot bind the memory of the guest NUMA cell '{}'", node.cell);
        out.refuse(&BINDING, node.pos, message);
    }
    for (id, cell) in numa.cells.iter().enumerate() {
        if let Some(access) = cell.mem_access.filter(|_| !has_objects) {
            let message =
                format!("this QEMU cannot map the memory of the guest NUMA cell '{id}' as '{access}'");
            out.refuse(&SHARED, cell.pos.attr("memAccess"), message);
        }
        let runs = cell.cpus.as_ref().map_or(0, |cpus| cpus.runs().count());
        if runs > 1 && !cx.has(Cap::Numa) {
            let message =
                format!("this QEMU takes one run of vCPUs for a guest NUMA cell, cell '{id}' has '{runs}'");
            out.refuse(&DISJOINT, cell.pos.attr("cpus"), message);
        }
    }
    if !cx.has(Cap::NumaDist) && numa.cells.iter().any(|cell| has_distances(cell, numa.cells.len())) {
        out.refuse(&DISTANCES, numa.pos, "this QEMU knows no 'distances' of guest NUMA cells");
    }
    let hmat = !numa.interconnects.is_empty() || numa.cells.iter().any(|cell| !cell.caches.is_empty());
    if hmat && !cx.has(Cap::NumaHmat) {
        let message = "this QEMU knows no 'cache' and no 'interconnects' of guest NUMA cells";
        out.refuse(&HMAT, numa.pos, message);
    }
}

/// Whether a cell has distances that QEMU would not take anyway.
fn has_distances(cell: &Cell, cells: usize) -> bool {
    let usual = |value| value == LOCAL_DISTANCE || value == REMOTE_DISTANCE;
    let distances = &cell.distances;
    !distances.is_empty() && (distances.len() != cells || !distances.iter().all(|to| usual(to.value)))
}

fn caches(cell: &Cell, out: &mut Findings<'_>) {
    let mut seen = BTreeSet::new();
    for cache in &cell.caches {
        if cache.level > 3 {
            let message =
                format!("attribute 'level' of element 'cache' is '{}', there are three", cache.level);
            out.refuse(&CACHE_LEVEL, cache.pos.attr("level"), message);
        }
        if !seen.insert(cache.level) {
            let message =
                format!("the cache level '{}' of a guest NUMA cell is described twice", cache.level);
            out.refuse(&CACHE_DOUBLE, cache.pos.attr("level"), message);
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
                "'initiator' '{initiator}' and 'target' '{target}' of element '{}' have to be guest NUMA cells",
                link.kind
            );
            out.refuse(&LINK_CELL, pos, message);
            continue;
        };
        if from.cpus.is_none() {
            let message =
                format!("'initiator' '{initiator}' of element '{}' is a cell without vCPUs", link.kind);
            out.refuse(&LINK_INITIATOR, pos.attr("initiator"), message);
        }
        if cache > 0 && !levels.contains(&(target, cache)) {
            let message =
                format!("'cache' '{cache}' of element '{}' is not there in cell '{target}'", link.kind);
            out.refuse(&LINK_CACHE, pos.attr("cache"), message);
        }
        let is_new = seen.insert((link.kind, initiator, target, cache, link.access));
        let back = initiator != target && pairs.contains(&(target, initiator));
        pairs.insert((initiator, target));
        if !is_new || back {
            let message =
                format!("the '{}' from cell '{initiator}' to cell '{target}' is given twice", link.kind);
            out.refuse(&LINK_DOUBLE, pos, message);
        }
    }
}

/// The most cells whose distances are written out, pair by pair; QEMU itself takes 128.
const MOST_DISTANT: usize = 1024;

/// Holds what is only found while the line is built.
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
        let message = format!("the distances of '{count}' guest NUMA cells are more than QEMU takes");
        out.refuse(&DISTANCES_LIMIT, numa.pos, message);
    }
}
