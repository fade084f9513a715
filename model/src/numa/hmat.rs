//! Memory-side caches, latencies and bandwidths of guest NUMA cells (ACPI HMAT).

use crate::read::{El, Element, Reader, attr_place};
use crate::write::Writer;
use crate::{Kib, Pos, Spelled};

crate::rules! {
    /// The `level` of a memory-side cache is at least 1.
    NUMA_CACHE_LEVEL_ZERO = "numa-cache-level-zero": Xml, Read,
        "`<cell><cache level=>` (ACPI HMAT): level 0 is the memory itself",
        help "number the cache levels from 1";
}

spelled! {
    /// The associativity of a memory-side cache (`<cache associativity=>`).
    pub enum CacheAssociativity {
        /// Not stated.
        None = "none",
        /// Direct mapped.
        Direct = "direct",
        /// Fully associative.
        Full = "full",
    }
}

spelled! {
    /// The write policy of a memory-side cache (`<cache policy=>`).
    pub enum CachePolicy {
        /// Not stated.
        None = "none",
        /// Write-back.
        Writeback = "writeback",
        /// Write-through.
        Writethrough = "writethrough",
    }
}

/// `<cell><cache>`: a memory-side cache (ACPI HMAT).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NumaCache {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `level=`, from 1.
    pub level: u32,
    /// `associativity=`.
    pub associativity: CacheAssociativity,
    /// `policy=`.
    pub policy: CachePolicy,
    /// `<size>`.
    pub size: Kib,
    /// `<line>`, in bytes.
    pub line: u64,
}

spelled! {
    /// The memory accesses that a latency or bandwidth applies to (`type=`).
    pub enum AccessType {
        /// Both reads and writes.
        Access = "access",
        /// Reads.
        Read = "read",
        /// Writes.
        Write = "write",
    }
}

spelled! {
    /// Latency or bandwidth: the name of the element.
    pub enum InterconnectKind {
        /// A latency, in nanoseconds.
        Latency = "latency",
        /// A bandwidth, in KiB a second.
        Bandwidth = "bandwidth",
    }
}

/// `<latency>` or `<bandwidth>` of `<interconnects>`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interconnect {
    /// Place of the element in the text.
    pub pos: Pos,
    /// Latency or bandwidth.
    pub kind: InterconnectKind,
    /// `initiator=`: the cell whose CPUs access.
    pub initiator: u32,
    /// `target=`: the cell whose memory is accessed.
    pub target: u32,
    /// `cache=`: the level of the target's memory-side cache; 0 is the memory itself.
    pub cache: u32,
    /// `type=`.
    pub access: AccessType,
    /// `value=`: nanoseconds, or KiB a second.
    pub value: u64,
}

impl Element for NumaCache {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let level: u32 = r.required(el, "level")?;
        if level == 0 {
            let message = "`level` of `<cache>` is `0`, expected 1 or more";
            r.refuse(&NUMA_CACHE_LEVEL_ZERO, attr_place(el, "level"), message);
            return None;
        }
        let mut amount = |name, unit| {
            let child = r.need(el, name)?;
            let text = r.required::<String>(child, "value")?;
            // libvirt ignores `unit=` of these elements.
            r.scaled(child, &text, None, unit)
        };
        let (size, line) = (amount("size", 1024), amount("line", 1));
        Some(Self {
            pos: el.pos(),
            level,
            associativity: r.required(el, "associativity")?,
            policy: r.required(el, "policy")?,
            size: Kib(size?.div_ceil(1024)),
            line: line?,
        })
    }

    fn write(&self, w: &mut Writer) {
        w.element("cache")
            .attr("level", self.level)
            .attr("associativity", self.associativity)
            .attr("policy", self.policy)
            .children(|w| {
                w.element("size").attr("value", self.size.0).attr("unit", "KiB").empty();
                w.element("line").attr("value", self.line).attr("unit", "B").empty();
            });
    }
}

impl Interconnect {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let kind: InterconnectKind = el.name().parse().ok()?;
        let value = match kind {
            InterconnectKind::Latency => r.required(el, "value"),
            InterconnectKind::Bandwidth => r
                .required::<String>(el, "value")
                .and_then(|text| r.scaled(el, &text, el.get("unit"), 1024))
                .map(|bytes| bytes.div_ceil(1024)),
        };
        let (initiator, target) = (r.required(el, "initiator"), r.required(el, "target"));
        let cache = r.attr(el, "cache").unwrap_or_default();
        let access = r.required(el, "type")?;
        Some(Self {
            pos: el.pos(),
            kind,
            initiator: initiator?,
            target: target?,
            cache,
            access,
            value: value?,
        })
    }

    pub(super) fn write(&self, w: &mut Writer) {
        let unit = (self.kind == InterconnectKind::Bandwidth).then_some("KiB");
        w.element(Spelled::as_str(self.kind))
            .attr("initiator", self.initiator)
            .attr("target", self.target)
            .opt("cache", Some(self.cache).filter(|cache| *cache > 0))
            .attr("type", self.access)
            .attr("value", self.value)
            .opt("unit", unit)
            .empty();
    }
}
