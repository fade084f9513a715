//! The guest's NUMA cells.

use virtargv_caps::Cap;
use virtargv_model::Problem;
use virtargv_model::numa::{Cell, Numa};
use virtargv_validate::rules::numa as rules;

use super::backend::{self, Backend, Wanted};
use super::{Path, path};
use crate::prepare::context::{Prepare, must};

/// What is settled about the cells.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The object of each cell's memory; none where QEMU is told sizes alone.
    pub backends: Option<Vec<Backend>>,
    /// Where memory is kept that has no objects.
    pub path: Option<Path>,
    /// The first cell with vCPUs, which accesses memory that no nearer one does.
    pub master: u32,
}

/// Settles them.
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
    let master = must(master, &rules::NO_VCPUS, numa.pos)?;
    // Without any type of object QEMU is told sizes alone.
    let backends = Some(backends).filter(|backends| memdev && !backends.is_empty());
    Ok(Facts { backends, path, master })
}

/// The cells by id.
pub(crate) fn numbered(numa: &Numa) -> impl Iterator<Item = (u32, &Cell)> {
    (0..).zip(&numa.cells)
}

/// Whether caches and interconnects are described.
pub(crate) fn has_hmat(numa: &Numa) -> bool {
    !numa.interconnects.is_empty() || numa.cells.iter().any(|cell| !cell.caches.is_empty())
}

/// Whether the QEMU has memory objects at all.
fn has_objects(cx: &Prepare<'_>) -> bool {
    [Cap::ObjectMemoryRam, Cap::ObjectMemoryFile, Cap::ObjectMemoryMemfd].into_iter().any(|cap| cx.has(cap))
}

/// Every host node that `<numatune>` names must be there.
fn nodes_available(cx: &Prepare<'_>) -> Result<(), Problem> {
    let tune = &cx.domain.tune.numa;
    if let Some(nodes) = backend::tuned_nodes(cx, None) {
        backend::available(cx, &nodes, tune.pos.path("memory/@nodeset"))?;
    }
    for node in &tune.nodes {
        backend::available(cx, &node.nodeset, node.pos.path("@nodeset"))?;
    }
    Ok(())
}
