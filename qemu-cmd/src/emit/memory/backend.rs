//! Memory backends: `memory-backend-ram`, `-file`, `-memfd`, `-epc`, and thread contexts for preallocation.

use virtargv_model::Kib;

use crate::emit::context::Emit;
use crate::needs::{Need, Role};
use crate::prepare::memory::backend::{Backend, BackendKind};
use crate::prepare::memory::pages::MemoryPath;
use crate::text::{Text, text};
use crate::{Props, Value};

/// Emits a memory backend, after its thread context.
pub(crate) fn emit(e: &mut Emit<'_>, backend: &Backend) {
    let context: Option<Text> = backend.affinity.as_ref().map(|nodes| {
        let id = text!("tc-", backend.id);
        e.object(
            Props::new("qom-type", "thread-context")
                .with("id", id.clone())
                .with("node-affinity", Value::Set(nodes.iter().collect())),
        );
        id
    });
    let kind = match &backend.kind {
        BackendKind::Ram => "memory-backend-ram",
        BackendKind::File { .. } => "memory-backend-file",
        BackendKind::Memfd(_) => "memory-backend-memfd",
        BackendKind::Epc => "memory-backend-epc",
    };
    let mut props = Props::new("qom-type", kind).with("id", backend.id.clone());
    match &backend.kind {
        BackendKind::File { path, discard } => {
            need(e, path);
            props.set("mem-path", path.path()).set_opt("discard-data", *discard);
        }
        BackendKind::Memfd(Some(size)) => {
            props.set("hugetlb", true).set("hugetlbsize", size.bytes());
        }
        BackendKind::Memfd(None) | BackendKind::Ram | BackendKind::Epc => {}
    }
    props.set_opt("share", backend.share);
    if backend.plain_name {
        props.set("x-use-canonical-path-for-ramblock-id", false);
    }
    props.set_opt("prealloc", backend.prealloc);
    props.set_opt("reserve", backend.reserve);
    props.set_opt("prealloc-threads", backend.threads);
    props.set("size", backend.size.bytes());
    props.set_opt("align", backend.align.map(Kib::bytes));
    if backend.pmem {
        props.set("pmem", true);
    }
    if let Some((nodes, policy)) = &backend.nodes {
        props.set("host-nodes", Value::Set(nodes.iter().collect())).set("policy", *policy);
    }
    props.set_opt("prealloc-context", context);
    e.object(props);
}

/// Records the file or directory of memory as a need.
pub(crate) fn need(e: &Emit<'_>, path: &MemoryPath) {
    match path {
        MemoryPath::Content(path) => e.need_path(path, Role::Memory),
        MemoryPath::HugePages { path, size_kib } => {
            e.need(Need::HugePages { path: path.clone(), size_kib: *size_kib });
        }
        MemoryPath::Directory { directory, .. } => e.need(Need::Directory { path: directory.clone() }),
    }
}
