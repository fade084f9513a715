//! `-numa`.

use virtargv_caps::Cap;
use virtargv_model::numa::{
    AccessType, CacheAssociativity, CachePolicy, Cell, Interconnect, InterconnectKind, LOCAL_DISTANCE, Numa,
    NumaCache, REMOTE_DISTANCE,
};
use virtargv_model::{Kind, Spelled};

use crate::emit::{Done, Emit, problem};
use crate::memory::backend::{self, Wanted};
use crate::{Props, Style, Value};

/// The most cells whose distances are written out, pair by pair; QEMU itself takes 128.
const MOST_DISTANT: usize = 1024;

/// Emits `-numa`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let numa = &e.domain().numa;
    if numa.cells.is_empty() {
        return Ok(());
    }
    nodes_available(e)?;
    let hmat = !numa.interconnects.is_empty() || numa.cells.iter().any(|cell| !cell.caches.is_empty());
    let machine = e.caps.machine(e.guest().accel, &e.guest().machine);
    let mut memdev = hmat || !machine.is_some_and(|machine| machine.numa_mem_supported);
    let mut backends = Vec::new();
    if has_objects(e) {
        for (id, cell) in numbered(numa) {
            let backend = backend::make(e, &Wanted::cell(id, cell.memory))?;
            memdev |= backend.needed;
            backends.push(backend);
        }
    }
    if !memdev {
        crate::memory::path(e)?;
    }
    let Some(master) = numbered(numa).find(|(_, cell)| cell.cpus.is_some()).map(|(id, _)| id) else {
        let message = "none of the guest NUMA cells has a vCPU";
        return Err(problem(Kind::Unsupported, "numa-no-vcpus", numa.pos, message));
    };
    let mut backends = backends.into_iter();
    for (id, cell) in numbered(numa) {
        let backend = backends.next().filter(|_| memdev);
        let has_backend = backend.is_some();
        if let Some(backend) = backend {
            backend.emit(e);
        }
        let mut props = Props::new("type", "node").with("nodeid", id);
        if let Some(cpus) = &cell.cpus {
            props.set("cpus", Value::Set(cpus.iter().collect()));
        }
        if hmat {
            props.set("initiator", initiator(numa, id, cell).unwrap_or(master));
        }
        if has_backend {
            props.set("memdev", format!("ram-node{id}"));
        } else {
            props.set("mem", cell.memory.mib());
        }
        option(e, &props);
    }
    distances(e, numa)?;
    if hmat {
        numa.interconnects.iter().for_each(|interconnect| latency_or_bandwidth(e, interconnect));
        for (id, cell) in numbered(numa) {
            cell.caches.iter().for_each(|cache| memory_cache(e, id, cache));
        }
    }
    Ok(())
}

fn option(e: &mut Emit<'_>, props: &Props) {
    let text = props.to_kv(Style::OnOff);
    e.line.option("-numa", text);
}

/// The cells by id.
fn numbered(numa: &Numa) -> impl Iterator<Item = (u32, &Cell)> {
    (0..).zip(&numa.cells)
}

/// Whether the QEMU has memory objects at all.
fn has_objects(e: &Emit<'_>) -> bool {
    [Cap::ObjectMemoryRam, Cap::ObjectMemoryFile, Cap::ObjectMemoryMemfd].into_iter().any(|cap| e.has(cap))
}

/// Every host node that `<numatune>` names must be there.
fn nodes_available(e: &Emit<'_>) -> Done {
    let tune = &e.domain().tune.numa;
    if let Some(nodes) = backend::tuned_nodes(e, None)? {
        backend::available(e, &nodes, tune.pos.path("memory/@nodeset"))?;
    }
    for node in &tune.nodes {
        backend::available(e, &node.nodeset, node.pos.path("@nodeset"))?;
    }
    Ok(())
}

/// The cell whose CPUs reach cell `id` best: itself where it has any.
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

/// The distances of all pairs, where one of them is not what QEMU would take anyway.
fn distances(e: &mut Emit<'_>, numa: &Numa) -> Done {
    let count = numa.cells.len();
    let usual = |cell: &Cell| {
        let plain = |value| value == LOCAL_DISTANCE || value == REMOTE_DISTANCE;
        cell.distances.is_empty()
            || (cell.distances.len() == count && cell.distances.iter().all(|distance| plain(distance.value)))
    };
    if numa.cells.iter().all(usual) {
        return Ok(());
    }
    if count > MOST_DISTANT {
        let message = format!("the distances of '{count}' guest NUMA cells are more than QEMU takes");
        return Err(problem(Kind::Unsupported, "numa-distances-limit", numa.pos, message));
    }
    for (from, cell) in numbered(numa) {
        for (to, _) in numbered(numa) {
            let given =
                cell.distances.iter().find(|distance| distance.id == to).map(|distance| distance.value);
            let usual = if from == to { LOCAL_DISTANCE } else { REMOTE_DISTANCE };
            let props = Props::new("type", "dist").with("src", from).with("dst", to);
            option(e, &props.with("val", given.unwrap_or(usual)));
        }
    }
    Ok(())
}

/// `-numa hmat-lb`.
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
        InterconnectKind::Bandwidth => props.set("bandwidth", format!("{}K", link.value)),
    };
    option(e, &props);
}

/// `-numa hmat-cache`.
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
        .with("size", format!("{}K", cache.size.0))
        .with("level", cache.level)
        .with("associativity", associativity)
        .with("policy", policy);
    props.set_opt("line", Some(cache.line).filter(|line| *line > 0));
    option(e, &props);
}
