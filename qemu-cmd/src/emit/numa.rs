//! `-numa`.

use virtargv_model::Spelled;
use virtargv_model::numa::{
    AccessType, CacheAssociativity, CachePolicy, Cell, Interconnect, InterconnectKind, LOCAL_DISTANCE, Numa,
    NumaCache, REMOTE_DISTANCE,
};

use super::context::Emit;
use super::memory::{self, backend};
use crate::prepare::memory::numa::{has_hmat, numbered};
use crate::text::text;
use crate::{Props, Value};

/// Emits `-numa`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let Some(facts) = &e.prepared.facts.memory.numa else { return };
    let numa = &e.domain().numa;
    let hmat = has_hmat(numa);
    if let Some(path) = &facts.path {
        memory::path(e, path);
    }
    let mut backends = facts.backends.iter().flatten();
    for (id, cell) in numbered(numa) {
        e.at_numbered("cpu/numa/cell", id as usize, cell.pos);
        let backend = backends.next();
        if let Some(backend) = backend {
            backend::emit(e, backend);
        }
        let mut props = Props::new("type", "node").with("nodeid", id);
        if let Some(cpus) = &cell.cpus {
            props.set("cpus", Value::Set(cpus.iter().collect()));
        }
        if hmat {
            props.set("initiator", initiator(numa, id, cell).unwrap_or(facts.master));
        }
        match backend {
            Some(backend) => props.set("memdev", backend.id.clone()),
            None => props.set("mem", cell.memory.mib()),
        };
        option(e, props);
    }
    e.at_element("cpu/numa");
    distances(e, numa);
    if hmat {
        numa.interconnects.iter().for_each(|interconnect| latency_or_bandwidth(e, interconnect));
        for (id, cell) in numbered(numa) {
            cell.caches.iter().for_each(|cache| memory_cache(e, id, cache));
        }
    }
}

fn option(e: &mut Emit<'_>, props: Props) {
    e.list("-numa", props);
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

/// Emits the distances of all pairs of cells, if one of them differs from QEMU's default.
fn distances(e: &mut Emit<'_>, numa: &Numa) {
    let count = numa.cells.len();
    let usual = |cell: &Cell| {
        let plain = |value| value == LOCAL_DISTANCE || value == REMOTE_DISTANCE;
        cell.distances.is_empty()
            || (cell.distances.len() == count && cell.distances.iter().all(|distance| plain(distance.value)))
    };
    if numa.cells.iter().all(usual) {
        return;
    }
    for (from, cell) in numbered(numa) {
        for (to, _) in numbered(numa) {
            let given =
                cell.distances.iter().find(|distance| distance.id == to).map(|distance| distance.value);
            let usual = if from == to { LOCAL_DISTANCE } else { REMOTE_DISTANCE };
            let props = Props::new("type", "dist").with("src", from).with("dst", to);
            option(e, props.with("val", given.unwrap_or(usual)));
        }
    }
}

/// Emits `-numa hmat-lb`.
fn latency_or_bandwidth(e: &mut Emit<'_>, link: &Interconnect) {
    let hierarchy = match link.cache {
        0 => "memory",
        1 => "first-level",
        2 => "second-level",
        _ => "third-level",
    };
    let access = match link.access {
        AccessType::Access => "access",
        AccessType::Read => "read",
        AccessType::Write => "write",
    };
    let mut props = Props::new("type", "hmat-lb")
        .with("initiator", link.initiator)
        .with("target", link.target)
        .with("hierarchy", hierarchy)
        .with("data-type", format!("{access}-{}", link.kind.as_str()));
    match link.kind {
        InterconnectKind::Latency => props.set("latency", link.value),
        InterconnectKind::Bandwidth => props.set("bandwidth", text!(link.value, "K")),
    };
    option(e, props);
}

/// Emits `-numa hmat-cache`.
fn memory_cache(e: &mut Emit<'_>, cell: u32, cache: &NumaCache) {
    let associativity = match cache.associativity {
        CacheAssociativity::None => "none",
        CacheAssociativity::Direct => "direct",
        CacheAssociativity::Full => "complex",
    };
    let policy = match cache.policy {
        CachePolicy::None => "none",
        CachePolicy::Writeback => "write-back",
        CachePolicy::Writethrough => "write-through",
    };
    let mut props = Props::new("type", "hmat-cache")
        .with("node-id", cell)
        .with("size", text!(cache.size.0, "K"))
        .with("level", cache.level)
        .with("associativity", associativity)
        .with("policy", policy);
    props.set_opt("line", Some(cache.line).filter(|line| *line > 0));
    option(e, props);
}
