//! `-m`, `-overcommit`, memory backends.

pub(crate) mod align;
pub(crate) mod backend;

use virtargv_caps::{Cap, Convention};
use virtargv_model::memory::{MemoryAllocation, MemorySource};
use virtargv_model::{Domain, Kib, Problem};

use crate::emit::{Done, Emit};
use crate::machine::default_ram_id;
use crate::{Props, Style};

/// Emits `-m`, the main memory's object and whether memory is locked.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    size(e);
    let in_cells = !e.domain().numa.cells.is_empty();
    if let Some(id) = default_ram_id(e) {
        if !in_cells {
            let memory = backend::Wanted::main(id, initial(e.domain()));
            backend::make(e, &memory)?.emit(e);
        }
    } else {
        if is_immediate(e.domain()) && !e.release().has(Convention::PreallocWithPath) {
            preallocate(e);
        }
        if !in_cells {
            path(e)?;
        }
    }
    lock(e);
    Ok(())
}

/// What the guest has without its memory devices.
pub(crate) fn initial(domain: &Domain) -> Kib {
    let devices = domain.devices.memories.iter().fold(0u64, |sum, d| sum.saturating_add(d.target.size.0));
    Kib(domain.memory.size.unwrap_or_default().0.saturating_sub(devices))
}

/// `-m`.
fn size(e: &mut Emit<'_>) {
    let initial = initial(e.domain());
    let max = e.domain().memory.max;
    if max.is_none() && !e.release().has(Convention::MemorySizeKib) {
        e.line.option("-m", initial.mib().to_string());
        return;
    }
    // What is no whole MiB has always been cut off.
    let size = if max.is_none() { initial.0 & !0x1ff } else { initial.0 };
    let mut props = Props::object().with("size", format!("{size}k"));
    if let Some(max) = max {
        props.set_opt("slots", Some(max.slots).filter(|slots| *slots > 0));
        props.set_opt("maxmem", Some(max.size.0).filter(|size| *size > 0).map(|size| format!("{size}k")));
    }
    e.line.option("-m", props.to_pairs(Style::OnOff));
}

/// Whether host memory is taken before the guest starts.
fn is_immediate(domain: &Domain) -> bool {
    domain.memory.backing.allocation == Some(MemoryAllocation::Immediate)
}

/// `-mem-prealloc`, once.
fn preallocate(e: &mut Emit<'_>) {
    if !e.counters.mem_prealloc {
        e.line.arg("-mem-prealloc");
        e.counters.mem_prealloc = true;
    }
}

/// `-mem-path`, where memory is huge pages or a file and has no object.
pub(crate) fn path(e: &mut Emit<'_>) -> Done {
    let huge = huge_path(e)?;
    let immediate = is_immediate(e.domain()) && e.release().has(Convention::PreallocWithPath);
    if huge.is_some() || immediate {
        preallocate(e);
    }
    let is_file = e.domain().memory.backing.source == Some(MemorySource::File);
    if let Some(path) = huge.or_else(|| is_file.then(|| backend::file_path(e, "ram"))) {
        e.line.option("-mem-path", path);
    }
    Ok(())
}

/// The mount point of the first huge page size asked for, with the folder of this domain.
fn huge_path(e: &Emit<'_>) -> Result<Option<String>, Problem> {
    let Some(pages) = &e.domain().memory.backing.hugepages else { return Ok(None) };
    let size = pages.first().map(|page| page.size);
    if size.is_some_and(|size| e.host.machine().page_size() == Ok(size.bytes())) {
        return Ok(None);
    }
    backend::huge_page_path(e, size).map(Some)
}

/// Whether guest memory is kept from being swapped out.
fn lock(e: &mut Emit<'_>) {
    let state = if e.domain().memory.backing.locked { "on" } else { "off" };
    if e.has(Cap::Overcommit) {
        e.line.option("-overcommit", format!("mem-lock={state}"));
    } else if e.has(Cap::RealtimeMlock) {
        e.line.option("-realtime", format!("mlock={state}"));
    }
}
