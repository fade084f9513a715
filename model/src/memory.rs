//! `<maxMemory>`, `<memory>`, `<currentMemory>`, `<memoryBacking>`.

use crate::read::{El, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::Writer;
use crate::{Class, Kib, NumberSet, OnOff, Pos};

crate::rules! {
    /// The `size` of a huge page is greater than 0.
    HUGEPAGE_SIZE_ZERO = "hugepage-size-zero": Plain, Read, "`<hugepages><page size=>` names a page size of the host",
        help "use a page size of the host, such as `size='2' unit='MiB'`";
}

/// The guest's memory, and the host memory that backs it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Memory {
    /// Place of `<memory>` in the text.
    pub pos: Pos,
    /// `<memory>`: the memory at boot, with memory devices.
    pub size: Option<Kib>,
    /// `<memory dumpCore=>`: whether core dumps of QEMU contain the guest's memory.
    pub dump_core: Option<OnOff>,
    /// `<currentMemory>`: the memory that the balloon leaves the guest.
    pub current: Option<Kib>,
    /// `<maxMemory>`: the most memory with hotplugged memory devices.
    pub max: Option<MaxMemory>,
    /// `<memoryBacking>`.
    pub backing: MemoryBacking,
}

/// `<maxMemory>`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MaxMemory {
    /// Place of the element in the text.
    pub pos: Pos,
    /// The text of the element.
    pub size: Kib,
    /// `slots=`: the number of slots for memory devices; 0 where it is not given.
    pub slots: u32,
}

spelled! {
    /// The host memory that backs the guest's (`<source type=>`).
    pub enum MemorySource {
        /// A file in the memory backing directory of the driver's settings.
        File = "file",
        /// Anonymous memory.
        Anonymous = "anonymous",
        /// An anonymous file made by `memfd_create`.
        Memfd = "memfd",
    }
}

spelled! {
    /// Whether other processes can see the guest's writes (`<access mode=>`, `access=` of a memory device).
    pub enum MemoryAccess {
        /// Mapped shared.
        Shared = "shared",
        /// Mapped private.
        Private = "private",
    }
}

spelled! {
    /// When the host memory is allocated (`<allocation mode=>`).
    pub enum MemoryAllocation {
        /// Before the guest starts.
        Immediate = "immediate",
        /// When the guest first uses it.
        Ondemand = "ondemand",
    }
}

/// `<memoryBacking>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MemoryBacking {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `<hugepages>` with its `<page>`s; without any, pages of the host's default huge page size.
    pub hugepages: Option<Vec<HugePage>>,
    /// `<nosharepages>`: the host does not merge the guest's pages (KSM).
    pub nosharepages: bool,
    /// `<locked>`: the guest's memory is never swapped out.
    pub locked: bool,
    /// `<source type=>`.
    pub source: Option<MemorySource>,
    /// `<access mode=>`.
    pub access: Option<MemoryAccess>,
    /// `<allocation mode=>`.
    pub allocation: Option<MemoryAllocation>,
    /// `<allocation threads=>`: the number of threads that preallocate the memory; 0 is read as absent.
    pub allocation_threads: Option<u32>,
    /// `<discard>`: the content of the memory is discarded when QEMU ends.
    pub discard: bool,
}

/// `<hugepages><page>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HugePage {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `size=` of the pages.
    pub size: Kib,
    /// `nodeset=`: the guest NUMA cells that use pages of this size; without it, all others.
    pub nodeset: Option<NumberSet>,
}

impl Memory {
    pub(crate) fn read(domain: El<'_>, r: &mut Reader) -> Self {
        let el = domain.child("memory");
        Self {
            pos: el.map(El::pos).unwrap_or_default(),
            size: domain.child("memory").and_then(|e| r.kib(e)),
            current: domain.child("currentMemory").and_then(|e| r.kib(e)),
            max: domain.child("maxMemory").filter(|e| !e.text_ref().is_empty()).map(|e| MaxMemory {
                pos: e.pos(),
                size: domain.child("maxMemory").and_then(|e| r.kib(e)).unwrap_or_default(),
                slots: r.attr(e, "slots").unwrap_or_default(),
            }),
            dump_core: el.and_then(|e| r.attr_as(UNSUPPORTED_BEFORE_9_0, e, "dumpCore")),
            backing: domain.child("memoryBacking").map(|e| MemoryBacking::read(e, r)).unwrap_or_default(),
        }
    }

    /// Writes `<maxMemory>`, `<memory>` and `<currentMemory>`, which precede the tuning elements.
    pub(crate) fn write(&self, w: &mut Writer) {
        if let Some(max) = &self.max {
            let slots = Some(max.slots).filter(|slots| *slots > 0);
            w.element("maxMemory").opt("slots", slots).attr("unit", "KiB").text(max.size.0);
        }
        match self.size {
            Some(size) => {
                w.element("memory").opt("dumpCore", self.dump_core).attr("unit", "KiB").text(size.0);
            }
            None => w.element("memory").opt("dumpCore", self.dump_core).children_or_nothing(|_| {}),
        }
        if let Some(size) = self.current {
            w.element("currentMemory").attr("unit", "KiB").text(size.0);
        }
    }
}

impl MemoryBacking {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        let allocation = el.child("allocation");
        Self {
            pos: el.pos(),
            source: el.child("source").and_then(|e| r.attr_as(Class::Unsupported, e, "type")),
            access: el.child("access").and_then(|e| r.attr_as(Class::Unsupported, e, "mode")),
            allocation: allocation.and_then(|e| r.attr_as(Class::Unsupported, e, "mode")),
            allocation_threads: allocation.and_then(|e| r.attr_since("8.2", e, "threads")).filter(|n| *n > 0),
            hugepages: el.child("hugepages").map(|_| {
                let pages = el.children("hugepages").flat_map(|h| h.children("page"));
                pages.filter_map(|page| HugePage::read(page, r)).collect()
            }),
            nosharepages: el.child("nosharepages").is_some(),
            locked: el.child("locked").is_some(),
            discard: el.child("discard").is_some(),
        }
    }

    /// Writes `<memoryBacking>`, unless it is empty.
    pub(crate) fn write(&self, w: &mut Writer) {
        w.element("memoryBacking").children_or_nothing(|w| {
            if let Some(pages) = &self.hugepages {
                w.element("hugepages").children(|w| pages.iter().for_each(|page| page.write(w)));
            }
            for (name, there) in [("nosharepages", self.nosharepages), ("locked", self.locked)] {
                if there {
                    w.element(name).empty();
                }
            }
            if let Some(source) = self.source {
                w.element("source").attr("type", source).empty();
            }
            if let Some(access) = self.access {
                w.element("access").attr("mode", access).empty();
            }
            if self.allocation.is_some() || self.allocation_threads.is_some() {
                w.element("allocation")
                    .opt("mode", self.allocation)
                    .opt("threads", self.allocation_threads)
                    .empty();
            }
            if self.discard {
                w.element("discard").empty();
            }
        });
    }
}

impl HugePage {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let size = r.required_kib(el, "size")?;
        if size.0 == 0 {
            let message = format!("`size` of `<page>` is `{}`, expected a size above 0", size.0);
            r.refuse(&HUGEPAGE_SIZE_ZERO, el.pos().attr("size"), message);
            return None;
        }
        Some(Self { pos: el.pos(), size, nodeset: r.number_set(Class::Unsupported, el, "nodeset") })
    }

    fn write(&self, w: &mut Writer) {
        w.element("page")
            .attr("size", self.size.0)
            .attr("unit", "KiB")
            .opt("nodeset", self.nodeset.as_ref())
            .empty();
    }
}
