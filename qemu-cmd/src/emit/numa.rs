//! `-numa`.

use virtargv_model::Spelled;
use virtargv_model::numa::{
    AccessType, CacheAssociativity, CachePolicy, Interconnect, InterconnectKind, NumaCache,
};

use super::context::Emit;
use super::memory::{self, backend};
use crate::prepare::memory::numa::{CellMemory, PairDistance, numbered};
use crate::text::text;
use crate::{Props, Value};

/// Emits `-numa`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let Some(facts) = &e.prepared.facts.memory.numa else { return };
    let numa = &e.domain().numa;
    if let Some(path) = &facts.path {
        memory::path(e, path);
    }
    for ((id, cell), prepared) in numbered(numa).zip(&facts.cells) {
        e.at_numbered("cpu/numa/cell", id as usize, cell.pos);
        if let CellMemory::Backend(backend) = &prepared.memory {
            backend::emit(e, backend);
        }
        let mut props = Props::new("type", "node").with("nodeid", id);
        if let Some(cpus) = &cell.cpus {
            props.set("cpus", Value::Set(cpus.iter().collect()));
        }
        props.set_opt("initiator", prepared.initiator);
        match &prepared.memory {
            CellMemory::Backend(backend) => props.set("memdev", backend.id.clone()),
            CellMemory::Mib(size) => props.set("mem", *size),
        };
        option(e, props);
    }
    e.at_element("cpu/numa");
    for PairDistance { from, to, value } in &facts.distances {
        option(e, Props::new("type", "dist").with("src", *from).with("dst", *to).with("val", *value));
    }
    if facts.hmat {
        for (index, interconnect) in numa.interconnects.iter().enumerate() {
            let path = match interconnect.kind {
                InterconnectKind::Latency => "cpu/numa/interconnects/latency",
                InterconnectKind::Bandwidth => "cpu/numa/interconnects/bandwidth",
            };
            e.at_numbered(path, index, interconnect.pos);
            latency_or_bandwidth(e, interconnect);
        }
        for (id, cell) in numbered(numa) {
            for (index, cache) in cell.caches.iter().enumerate() {
                e.at_numbered("cpu/numa/cell/cache", index, cache.pos);
                memory_cache(e, id, cache);
            }
        }
    }
}

fn option(e: &mut Emit<'_>, props: Props) {
    e.list("-numa", props);
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
