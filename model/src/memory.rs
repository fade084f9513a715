//! `<maxMemory>`, `<memory>`, `<currentMemory>`, `<memoryBacking>`.

use crate::read::{El, LONG_UNSUPPORTED, ONCE_UNSUPPORTED, Reader};
use crate::write::Writer;
use crate::{Kib, Kind, NumberSet, OnOff, Pos};

crate::rules! {
    /// TODO hugepage-size-zero
    HUGEPAGE_SIZE_ZERO = "hugepage-size-zero": Plain, Read, "TODO";
}

/// How much memory, and what backs it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Memory {
    /// Where `<memory>` stands.
    pub pos: Pos,
    /// `<memory>`: what the guest has at the start, memory devices included.
    pub size: Option<Kib>,
    /// `<memory dumpCore=>`: whether its memory is part of a core dump of QEMU.
    pub dump_core: Option<OnOff>,
    /// `<currentMemory>`: the size of the balloon.
    pub current: Option<Kib>,
    /// `<maxMemory>`: what memory devices can grow the guest to.
    pub max: Option<MaxMemory>,
    /// `<memoryBacking>`.
    pub backing: MemoryBacking,
}

/// `<maxMemory>`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MaxMemory {
    /// Where it stands.
    pub pos: Pos,
    /// Its text.
    pub size: Kib,
    /// `slots=`: how many memory devices fit; 0 where not said.
    pub slots: u32,
}

spelled! {
    /// Where guest memory comes from (`<source type=>`).
    pub enum MemorySource {
        /// A file in the driver's memory backing directory.
        File = "file",
        /// Anonymous memory.
        Anonymous = "anonymous",
        /// An anonymous file made by `memfd_create`.
        Memfd = "memfd",
    }
}

spelled! {
    /// Whether others can see the guest's writes (`<access mode=>`, `access=` of a memory device).
    pub enum MemoryAccess {
        /// Mapped shared.
        Shared = "shared",
        /// Mapped private.
        Private = "private",
    }
}

spelled! {
    /// When host memory is taken (`<allocation mode=>`).
    pub enum MemoryAllocation {
        /// Before the guest starts.
        Immediate = "immediate",
        /// When the guest touches it.
        Ondemand = "ondemand",
    }
}

/// `<memoryBacking>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MemoryBacking {
    /// Where it stands.
    pub pos: Pos,
    /// `<hugepages>` with its `<page>`s; without any, the host's default size is meant.
    pub hugepages: Option<Vec<HugePage>>,
    /// `<nosharepages>`: the host's page merging leaves this guest alone.
    pub nosharepages: bool,
    /// `<locked>`: guest memory is never swapped out.
    pub locked: bool,
    /// `<source type=>`.
    pub source: Option<MemorySource>,
    /// `<access mode=>`.
    pub access: Option<MemoryAccess>,
    /// `<allocation mode=>`.
    pub allocation: Option<MemoryAllocation>,
    /// `<allocation threads=>`: how many threads touch the memory beforehand; 0 is not written.
    pub allocation_threads: Option<u32>,
    /// `<discard>`: the content need not be kept when QEMU ends.
    pub discard: bool,
}

/// `<hugepages><page>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HugePage {
    /// Where it stands.
    pub pos: Pos,
    /// `size=`.
    pub size: Kib,
    /// `nodeset=`: the guest's NUMA nodes it is for; all others where there is none.
    pub nodeset: Option<NumberSet>,
}

impl Memory {
    pub(crate) fn read(domain: El<'_>, r: &mut Reader) -> Self {
        let el = domain.child("memory");
        Self {
            pos: el.map(El::pos).unwrap_or_default(),
            size: el.and_then(|e| r.kib(e)),
            current: domain.child("currentMemory").and_then(|e| r.kib(e)),
            max: domain.child("maxMemory").map(|e| MaxMemory {
                pos: e.pos(),
                size: r.kib(e).unwrap_or_default(),
                slots: r.attr(e, "slots").unwrap_or_default(),
            }),
            dump_core: el.and_then(|e| r.attr_as(ONCE_UNSUPPORTED, e, "dumpCore")),
            backing: domain.child("memoryBacking").map(|e| MemoryBacking::read(e, r)).unwrap_or_default(),
        }
    }

    /// What the format has before the tuning elements.
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
            hugepages: el
                .child("hugepages")
                .map(|h| h.children("page").filter_map(|p| HugePage::read(p, r)).collect()),
            nosharepages: el.child("nosharepages").is_some(),
            locked: el.child("locked").is_some(),
            source: el.child("source").and_then(|e| r.attr_as(LONG_UNSUPPORTED, e, "type")),
            access: el.child("access").and_then(|e| r.attr_as(LONG_UNSUPPORTED, e, "mode")),
            allocation: allocation.and_then(|e| r.attr_as(LONG_UNSUPPORTED, e, "mode")),
            allocation_threads: allocation.and_then(|e| r.attr_since("8.2", e, "threads")).filter(|n| *n > 0),
            discard: el.child("discard").is_some(),
        }
    }

    /// Writes it; nothing where it says nothing.
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
        let text = r.required::<String>(el, "size")?;
        let size = r.scaled(el, &text, el.get("unit"), 1024).map(|bytes| Kib(bytes.div_ceil(1024)))?;
        if size.0 == 0 {
            let message = format!("attribute 'size' of element 'page' is '{text}', no page has that size");
            r.refuse(&HUGEPAGE_SIZE_ZERO, el.pos().attr("size"), message);
            return None;
        }
        Some(Self { pos: el.pos(), size, nodeset: r.number_set(Kind::Unsupported, el, "nodeset") })
    }

    fn write(&self, w: &mut Writer) {
        w.element("page")
            .attr("size", self.size.0)
            .attr("unit", "KiB")
            .opt("nodeset", self.nodeset.as_ref())
            .empty();
    }
}
