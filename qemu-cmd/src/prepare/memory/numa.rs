//! Guest NUMA cells.

use virtargv_caps::Cap;
use virtargv_model::Problem;
use virtargv_model::numa::{Cell, Numa};
use virtargv_validate::rules::numa as rules;

use super::backend::{self, Backend, Wanted};
use super::{Path, path};
use crate::prepare::context::{Prepare, broken};

/// The prepared guest NUMA cells.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The memory backend of each cell; `None` if cells have a size only (`mem=`).
    pub backends: Option<Vec<Backend>>,
    /// The options of memory without a memory backend.
    pub path: Option<Path>,
    /// The first cell with vCPUs, which is the initiator of cells without a nearer one.
    pub master: u32,
}

/// Prepares the guest NUMA cells.
pub(super) fn prepare(cx: &mut Prepare<'_>) -> Result<Facts, Problem> {
    let numa = &cx.domain.numa;
    nodes_available(cx)?;
    let machine = cx.caps.machine(cx.guest.accel, &cx.guest.machine);
    let mut memdev = has_hmat(numa) || !machine.is_some_and(|machine| machine.numa_mem_supported);
    let mut backends = Vec::new();
    if has_objects(cx) {
        for (id, cell) in numbered(numa) {
            let backend = backend::prepare(cx, &Wanted::cell(id, cell.memory))?;
            memdev |= backend.needed;
            backends.push(backend);
        }
    }
    let path = if memdev { None } else { Some(path(cx)?) };
    let master = numbered(numa).find(|(_, cell)| cell.cpus.is_some()).map(|(id, _)| id);
    let master = master.ok_or_else(|| {
        let message = "no element 'cell' of element 'numa' has 'cpus', so that no NUMA node has vCPUs";
        broken(cx.release(), &rules::NO_VCPUS, numa.pos, message)
    })?;
    // Without memory backends the cells have a size only.
    let backends = Some(backends).filter(|backends| memdev && !backends.is_empty());
    Ok(Facts { backends, path, master })
}

/// The cells with their ids.
pub(crate) fn numbered(numa: &Numa) -> impl Iterator<Item = (u32, &Cell)> {
    (0..).zip(&numa.cells)
}

/// Whether caches and interconnects are described.
pub(crate) fn has_hmat(numa: &Numa) -> bool {
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
