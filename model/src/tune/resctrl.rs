//! `<cachetune>` and `<memorytune>`: allocations of the host's caches and memory bandwidth (resctrl).

use crate::read::{self, El, Element, Reader};
use crate::write::Writer;
use crate::{Class, NumberSet, Pos};

/// `<cachetune>`: an allocation of the host's caches to vCPUs.
#[derive(Debug, Clone, PartialEq)]
pub struct CacheTune {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `vcpus=`
    pub vcpus: NumberSet,
    /// `id=`: the name of the resctrl group.
    pub id: Option<String>,
    /// `<cache>`: the allocated parts.
    pub caches: Vec<CacheTuneCache>,
    /// `<monitor>`: the vCPUs whose usage is monitored.
    pub monitors: Vec<CacheTuneMonitor>,
}

spelled! {
    /// The content of a cache (`type=`).
    pub enum CacheType {
        /// Code and data.
        Both = "both",
        /// Code.
        Code = "code",
        /// Data.
        Data = "data",
    }
}

/// `<cachetune><cache>`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CacheTuneCache {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `id=` of the cache on the host.
    pub id: u32,
    /// `level=` of the cache.
    pub level: u32,
    /// `type=`
    pub kind: CacheType,
    /// `size=`, in bytes.
    pub size: u64,
}

/// `<cachetune><monitor>` or `<memorytune><monitor>`: monitors the usage of vCPUs.
#[derive(Debug, Clone, PartialEq)]
pub struct CacheTuneMonitor {
    /// `level=` of the cache; a monitor of `<memorytune>` has none.
    pub level: Option<u32>,
    /// `vcpus=`
    pub vcpus: NumberSet,
}

/// `<memorytune>`: an allocation of the host's memory bandwidth to vCPUs.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryTune {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `vcpus=`
    pub vcpus: NumberSet,
    /// `<node>`: the allocated bandwidth of each host node.
    pub nodes: Vec<MemoryTuneNode>,
    /// `<monitor>`: the vCPUs whose usage is monitored.
    pub monitors: Vec<CacheTuneMonitor>,
}

/// `<memorytune><node>`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MemoryTuneNode {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `id=` of the NUMA node of the host.
    pub id: u32,
    /// `bandwidth=`, in percent.
    pub bandwidth: u32,
}

/// The mandatory `vcpus=`.
fn vcpus(el: El<'_>, r: &mut Reader) -> Option<NumberSet> {
    r.required::<String>(el, "vcpus")?;
    r.number_set(Class::Xml, el, "vcpus")
}

impl Element for CacheTune {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self {
            pos: el.pos(),
            vcpus: vcpus(el, r)?,
            id: el.string("id"),
            caches: read::all(el, "cache", r),
            monitors: read::all(el, "monitor", r),
        })
    }

    fn write(&self, w: &mut Writer) {
        w.element("cachetune").attr("vcpus", &self.vcpus).opt("id", self.id.as_ref()).children(|w| {
            read::write_all(&self.caches, w);
            read::write_all(&self.monitors, w);
        });
    }
}

impl Element for CacheTuneCache {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let (id, level) = (r.required(el, "id"), r.required(el, "level"));
        let kind = r.required(el, "type");
        let text = r.required::<String>(el, "size")?;
        let size = r.scaled(el, &text, el.get("unit"), 1024);
        Some(Self { pos: el.pos(), id: id?, level: level?, kind: kind?, size: size? })
    }

    fn write(&self, w: &mut Writer) {
        let (size, unit) = largest_unit(self.size);
        w.element("cache")
            .attr("id", self.id)
            .attr("level", self.level)
            .attr("type", self.kind)
            .attr("size", size)
            .attr("unit", unit)
            .empty();
    }
}

/// The size in the largest unit that divides it.
fn largest_unit(bytes: u64) -> (u64, &'static str) {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let power = if bytes == 0 { 0 } else { bytes.trailing_zeros() / 10 };
    let unit = units.get(power as usize).copied().unwrap_or("B");
    (bytes >> (10 * power), unit)
}

impl Element for CacheTuneMonitor {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { level: r.attr(el, "level"), vcpus: vcpus(el, r)? })
    }

    fn write(&self, w: &mut Writer) {
        w.element("monitor").opt("level", self.level).attr("vcpus", &self.vcpus).empty();
    }
}

impl Element for MemoryTune {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self {
            pos: el.pos(),
            vcpus: vcpus(el, r)?,
            nodes: read::all(el, "node", r),
            monitors: read::all(el, "monitor", r),
        })
    }

    fn write(&self, w: &mut Writer) {
        w.element("memorytune").attr("vcpus", &self.vcpus).children(|w| {
            read::write_all(&self.nodes, w);
            read::write_all(&self.monitors, w);
        });
    }
}

impl Element for MemoryTuneNode {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { pos: el.pos(), id: r.required(el, "id")?, bandwidth: r.required(el, "bandwidth")? })
    }

    fn write(&self, w: &mut Writer) {
        w.element("node").attr("id", self.id).attr("bandwidth", self.bandwidth).empty();
    }
}
