//! Guest NUMA cells.

use virtargv_caps::Cap;
use virtargv_model::Problem;
use virtargv_model::numa::{Cell, InterconnectKind, LOCAL_DISTANCE, Numa, REMOTE_DISTANCE};
use virtargv_validate::rules::numa as rules;

use super::backend::{self, Backend, Wanted};
use super::{Path, path};
use crate::prepare::context::{Prepare, broken};

/// The prepared guest NUMA cells.
#[derive(Debug)]
pub(crate) struct Facts {
    /// What is prepared for each cell, in the order of their ids.
    pub cells: Vec<CellFacts>,
    /// The options of memory without a memory backend.
    pub path: Option<Path>,
    /// The distances between all pairs of cells; empty where they are QEMU's defaults.
    pub distances: Vec<PairDistance>,
    /// Whether caches and interconnects are described (ACPI HMAT).
    pub hmat: bool,
}

/// A prepared cell.
#[derive(Debug)]
pub(crate) struct CellFacts {
    /// Its memory.
    pub memory: CellMemory,
    /// The cell whose vCPUs have the best connection to it; `None` without HMAT.
    pub initiator: Option<u32>,
}

/// The memory of a cell.
#[derive(Debug)]
pub(crate) enum CellMemory {
    /// A memory backend.
    Backend(Backend),
    /// A size in MiB (`mem=`).
    Mib(u64),
}

/// The distance from one cell to another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PairDistance {
    /// The cell of the vCPUs.
    pub from: u32,
    /// The cell of the memory.
    pub to: u32,
    /// The distance.
    pub value: u32,
}

/// Prepares the guest NUMA cells.
pub(super) fn prepare(cx: &mut Prepare<'_>) -> Result<Facts, Problem> {
    let numa = &cx.domain.numa;
    nodes_available(cx)?;
    let machine = cx.caps.machine(cx.guest.accel, &cx.guest.machine);
    let hmat = has_hmat(numa);
    let mut memdev = hmat || !machine.is_some_and(|machine| machine.numa_mem_supported);
    let mut backends = Vec::new();
    if has_objects(cx) {
        for (id, cell) in numbered(numa) {
            let backend = backend::prepare(cx, &Wanted::cell(id, cell.memory))?;
            memdev |= backend.needed;
            backends.push(backend);
        }
    }
    let path = if memdev { None } else { Some(path(cx)?) };
    let first = numbered(numa).find(|(_, cell)| cell.cpus.is_some()).map(|(id, _)| id);
    let first = first.ok_or_else(|| {
        let message = "no `<cell>` of `<numa>` has `cpus`, so that no NUMA node has vCPUs";
        broken(cx.release(), &rules::NO_VCPUS, numa.pos, message)
    })?;
    // Without memory backends the cells have a size only.
    let mut backends = backends.into_iter().filter(|_| memdev);
    let cells = numbered(numa).map(|(id, cell)| CellFacts {
        memory: backends.next().map_or(CellMemory::Mib(cell.memory.mib()), CellMemory::Backend),
        // A cell without a described connection is reached from the first cell with vCPUs.
        initiator: hmat.then(|| initiator(numa, id, cell).unwrap_or(first)),
    });
    let cells = cells.collect();
    Ok(Facts { cells, path, distances: distances(numa), hmat })
}

/// The initiator of cell `id`: itself if it has vCPUs, otherwise the cell with the best connection to it.
fn initiator(numa: &Numa, id: u32, cell: &Cell) -> Option<u32> {
    if cell.cpus.is_some() {
        return Some(id);
    }
    let to_here = || numa.interconnects.iter().filter(move |link| link.target == id);
    let nearest = to_here().filter(|l| l.kind == InterconnectKind::Latency).min_by_key(|link| link.value);
    let widest =
        || to_here().filter(|l| l.kind == InterconnectKind::Bandwidth).rev().max_by_key(|link| link.value);
    nearest.or_else(widest).map(|link| link.initiator)
}

/// The distances of all pairs of cells, if one of them differs from QEMU's default.
fn distances(numa: &Numa) -> Vec<PairDistance> {
    let count = numa.cells.len();
    let usual = |cell: &Cell| {
        let plain = |value| value == LOCAL_DISTANCE || value == REMOTE_DISTANCE;
        cell.distances.is_empty()
            || (cell.distances.len() == count && cell.distances.iter().all(|distance| plain(distance.value)))
    };
    if numa.cells.iter().all(usual) {
        return Vec::new();
    }
    let pair = |(from, cell): (u32, &Cell), to| PairDistance { from, to, value: cell.distance_to(from, to) };
    numbered(numa).flat_map(|cell| numbered(numa).map(move |(to, _)| pair(cell, to))).collect()
}

/// The cells with their ids.
pub(crate) fn numbered(numa: &Numa) -> impl Iterator<Item = (u32, &Cell)> {
    (0..).zip(&numa.cells)
}

/// Whether caches and interconnects are described.
fn has_hmat(numa: &Numa) -> bool {
    !numa.interconnects.is_empty() || numa.cells.iter().any(|cell| !cell.caches.is_empty())
}

/// Whether this QEMU has memory backends.
fn has_objects(cx: &Prepare<'_>) -> bool {
    [Cap::ObjectMemoryRam, Cap::ObjectMemoryFile, Cap::ObjectMemoryMemfd].into_iter().any(|cap| cx.has(cap))
}

/// Checks that the host has all NUMA nodes that `<numatune>` names.
fn nodes_available(cx: &Prepare<'_>) -> Result<(), Problem> {
    let tune = &cx.domain.tune.numa;
    if let Some(nodes) = backend::tuned_nodes(cx, None)? {
        backend::available(cx, &nodes, tune.pos.path("memory/@nodeset"))?;
    }
    for node in &tune.nodes {
        backend::available(cx, &node.nodeset, node.pos.path("@nodeset"))?;
    }
    Ok(())
}
