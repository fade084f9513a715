//! Guest memory: sizes, memory backends and allocation.

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

/// The prepared memory of a guest.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The size of `-m`.
    pub size: Size,
    /// Whether `-mem-prealloc` is emitted with `-m`.
    pub preallocates: bool,
    /// The main memory.
    pub main: Main,
    /// The guest NUMA cells.
    pub numa: Option<numa::Facts>,
}

/// The size of `-m`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Size {
    /// In MiB, without a unit.
    Mib(u64),
    /// In KiB (`size=`).
    Kib {
        /// The initial memory.
        initial: u64,
        /// The limit for memory devices; `None` without `<maxMemory>`.
        max: Option<Limit>,
    },
}

/// The limit for memory devices. What is 0 in the document is QEMU's default.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    /// The number of slots.
    pub slots: Option<u32>,
    /// The size of all memory in KiB.
    pub size: Option<u64>,
}

impl Size {
    fn of(cx: &Prepare<'_>, initial: Kib) -> Self {
        match &cx.domain.memory.max {
            Some(max) => {
                let slots = Some(max.slots).filter(|slots| *slots > 0);
                let size = Some(max.size.0).filter(|size| *size > 0);
                Self::Kib { initial: initial.0, max: Some(Limit { slots, size }) }
            }
            None if !cx.release().has(Convention::MemorySizeKib) => Self::Mib(initial.mib()),
            // Without `<maxMemory>` libvirt rounds down to a multiple of 512 KiB.
            None => Self::Kib { initial: initial.0 & !0x1ff, max: None },
        }
    }
}

/// The main memory.
#[derive(Debug)]
pub(crate) enum Main {
    /// A memory backend.
    Object(Box<Backend>),
    /// QEMU allocates it by its size.
    Plain(Path),
    /// It is the memory of the guest NUMA cells.
    Cells,
}

/// The options of memory without a memory backend.
#[derive(Debug)]
pub(crate) struct Path {
    /// Whether `-mem-prealloc` is emitted, unless it was already.
    pub preallocates: bool,
    /// The directory of its files (`-mem-path`).
    pub path: Option<MemoryPath>,
}

/// Prepares the memory of the guest.
pub(crate) fn prepare(cx: &mut Prepare<'_>) -> Result<Facts, Problem> {
    let in_cells = !cx.domain.numa.cells.is_empty();
    let initial = initial(cx.domain, cx.release())?;
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
    Ok(Facts { size: Size::of(cx, initial), preallocates, main, numa })
}

/// The id of the machine type's main memory, if this QEMU reports it.
fn default_ram_id(cx: &Prepare<'_>) -> Option<Text> {
    let machine = cx.caps.machine(cx.guest.accel, &cx.guest.machine)?;
    machine.default_ram_id.as_deref().map(|id| id.to_owned().into())
}

/// Whether host memory is preallocated (`<allocation mode='immediate'/>`).
fn is_immediate(domain: &Domain) -> bool {
    domain.memory.backing.allocation == Some(MemoryAllocation::Immediate)
}

/// Prepares the options of memory without a memory backend.
fn path(cx: &mut Prepare<'_>) -> Result<Path, Problem> {
    let huge = huge_path(cx)?;
    let immediate = is_immediate(cx.domain) && cx.release().has(Convention::PreallocWithPath);
    let preallocates = (huge.is_some() || immediate) && !cx.preallocates;
    cx.preallocates |= preallocates;
    let is_file = cx.domain.memory.backing.source == Some(MemorySource::File);
    let path = huge.or_else(|| is_file.then(|| pages::in_directory(cx, "ram")));
    Ok(Path { preallocates, path })
}

/// The domain's directory on the hugetlbfs of the first page size in `<hugepages>`.
fn huge_path(cx: &Prepare<'_>) -> Result<Option<MemoryPath>, Problem> {
    let Some(pages) = &cx.domain.memory.backing.hugepages else { return Ok(None) };
    let size = pages.first().map(|page| page.size);
    if size.is_some_and(|size| cx.host.machine().page_size() == Ok(size.bytes())) {
        return Ok(None);
    }
    pages::in_huge_pages(cx, size).map(Some)
}
