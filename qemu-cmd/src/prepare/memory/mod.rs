//! Guest memory: sizes, the objects that it is made of, and how host memory is taken.

mod align;
pub(crate) mod backend;
pub(crate) mod numa;
pub(crate) mod pages;

pub(crate) use align::align;
use align::initial;

use virtargv_caps::Convention;
use virtargv_model::memory::{MemoryAllocation, MemorySource};
use virtargv_model::{Domain, Kib, Problem};

use super::context::Prepare;
use crate::text::Text;
use backend::{Backend, Wanted};
use pages::MemoryPath;

/// What is settled about a guest's memory.
#[derive(Debug)]
pub(crate) struct Facts {
    /// What the guest has without its memory devices.
    pub initial: Kib,
    /// All memory is taken before the guest starts, said before anything else.
    pub preallocates: bool,
    /// What main memory is made of.
    pub main: Main,
    /// The guest's NUMA cells.
    pub numa: Option<numa::Facts>,
}

/// What main memory is made of.
#[derive(Debug)]
pub(crate) enum Main {
    /// An object.
    Object(Box<Backend>),
    /// What QEMU makes of its size, at this path where one is given.
    Plain(Path),
    /// The memory of NUMA cells.
    Cells,
}

/// Where memory without an object is kept.
#[derive(Debug)]
pub(crate) struct Path {
    /// All memory is taken before the guest starts (`-mem-prealloc`), unless that was said already.
    pub preallocates: bool,
    /// Where it is kept.
    pub path: Option<MemoryPath>,
}

/// Settles it.
pub(crate) fn prepare(cx: &mut Prepare<'_>) -> Result<Facts, Problem> {
    let in_cells = !cx.domain.numa.cells.is_empty();
    let initial = initial(cx.domain)?;
    let mut preallocates = false;
    let main = match default_ram_id(cx) {
        Some(_) if in_cells => Main::Cells,
        Some(id) => {
            let wanted = Wanted::main(id, initial);
            Main::Object(Box::new(backend::prepare(cx, &wanted)?))
        }
        None => {
            preallocates = is_immediate(cx.domain) && !cx.release().has(Convention::PreallocWithPath);
            cx.preallocates = preallocates;
            if in_cells { Main::Cells } else { Main::Plain(path(cx)?) }
        }
    };
    let numa = if in_cells { Some(numa::prepare(cx)?) } else { None };
    Ok(Facts { initial, preallocates, main, numa })
}

/// The id of the machine's main memory, where this QEMU tells it.
fn default_ram_id(cx: &Prepare<'_>) -> Option<Text> {
    let machine = cx.caps.machine(cx.guest.accel, &cx.guest.machine)?;
    machine.default_ram_id.as_deref().map(|id| id.to_owned().into())
}

/// Whether host memory is taken before the guest starts.
fn is_immediate(domain: &Domain) -> bool {
    domain.memory.backing.allocation == Some(MemoryAllocation::Immediate)
}

/// Where memory is kept that is huge pages or a file and has no object.
fn path(cx: &mut Prepare<'_>) -> Result<Path, Problem> {
    let huge = huge_path(cx)?;
    let immediate = is_immediate(cx.domain) && cx.release().has(Convention::PreallocWithPath);
    let preallocates = (huge.is_some() || immediate) && !cx.preallocates;
    cx.preallocates |= preallocates;
    let is_file = cx.domain.memory.backing.source == Some(MemorySource::File);
    let path = huge.or_else(|| is_file.then(|| pages::in_folder(cx, "ram")));
    Ok(Path { preallocates, path })
}

/// The mount point of the first huge page size asked for, with the folder of this domain.
fn huge_path(cx: &Prepare<'_>) -> Result<Option<MemoryPath>, Problem> {
    let Some(pages) = &cx.domain.memory.backing.hugepages else { return Ok(None) };
    let size = pages.first().map(|page| page.size);
    if size.is_some_and(|size| size.bytes() == cx.host.page_size()) {
        return Ok(None);
    }
    pages::in_huge_pages(cx, size).map(Some)
}
