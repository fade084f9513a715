//! `-m`, `-overcommit`, memory backends.

pub(crate) mod backend;

use virtargv_caps::Cap;

use super::context::Emit;
use crate::Props;
use crate::prepare::memory::{Main, Path, Size};

/// Emits `-m`, the memory backend of main memory and `-overcommit`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    e.at_element("memory");
    size(e);
    let memory = &e.prepared.facts.memory;
    e.at_element("memoryBacking");
    if memory.preallocates {
        e.flag("-mem-prealloc");
    }
    match &memory.main {
        Main::Object(backend) => {
            e.at_element("memory");
            backend::emit(e, backend);
        }
        Main::Plain(path) => self::path(e, path),
        Main::Cells => {}
    }
    lock(e);
}

/// Emits `-m`.
fn size(e: &mut Emit<'_>) {
    match e.prepared.facts.memory.size {
        Size::Mib(size) => e.option("-m", size.to_string()),
        Size::Kib { initial, max } => {
            let kib = |size: u64| format!("{size}k");
            let mut props = Props::object().with("size", kib(initial));
            if let Some(max) = max {
                props.set_opt("slots", max.slots).set_opt("maxmem", max.size.map(kib));
            }
            e.pairs("-m", props);
        }
    }
}

/// Emits `-mem-prealloc` and `-mem-path`, for memory without a memory backend.
pub(crate) fn path(e: &mut Emit<'_>, path: &Path) {
    e.at_element("memoryBacking");
    if path.preallocates {
        e.flag("-mem-prealloc");
    }
    if let Some(path) = &path.path {
        backend::need(e, path);
        e.option("-mem-path", path.path());
    }
}

/// Emits whether guest memory is locked.
fn lock(e: &mut Emit<'_>) {
    let locked = e.domain().memory.backing.locked;
    if locked {
        e.at_element("memoryBacking/locked");
    } else {
        e.at_implied("there is no <memoryBacking><locked/>");
    }
    if e.has(Cap::Overcommit) {
        e.pairs("-overcommit", Props::object().with("mem-lock", locked));
    } else if e.has(Cap::RealtimeMlock) {
        e.pairs("-realtime", Props::object().with("mlock", locked));
    }
}
