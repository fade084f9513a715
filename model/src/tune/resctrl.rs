//! `<cachetune>` and `<memorytune>`: parts of the host's caches and memory bandwidth (resctrl).

use crate::read::{self, El, Element, Reader};
use crate::write::Writer;
use crate::{Kind, NumberSet, Pos};

/// `<cachetune>`: a part of the host's caches for some vCPUs.
#[derive(Debug, Clone, PartialEq)]
pub struct CacheTune {
    /// Where it stands.
    pub pos: Pos,
    /// `vcpus=`
    pub vcpus: NumberSet,
    /// `id=`: what the host calls it.
    pub id: Option<String>,
    /// `<cache>`s.
    pub caches: Vec<CacheTuneCache>,
    /// `<monitor>`s.
    pub monitors: Vec<CacheTuneMonitor>,
}

spelled! {
    /// What a cache holds (`type=`).
    pub enum CacheType {
        /// Both code and data.
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
    /// Where it stands.
    pub pos: Pos,
    /// `id=`: the host's number for the cache.
    pub id: u32,
    /// `level=`
    pub level: u32,
    /// `type=`
    pub kind: CacheType,
    /// `size=`, in bytes.
    pub size: u64,
}

/// `<cachetune><monitor>`: whose use of a cache is watched.
#[derive(Debug, Clone, PartialEq)]
pub struct CacheTuneMonitor {
    /// `level=`; a `<memorytune>` has none.
    pub level: Option<u32>,
    /// `vcpus=`
    pub vcpus: NumberSet,
}

/// `<memorytune>`: a part of the host's memory bandwidth for some vCPUs.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryTune {
    /// Where it stands.
    pub pos: Pos,
    /// `vcpus=`
    pub vcpus: NumberSet,
    /// `<node>`s.
    pub nodes: Vec<MemoryTuneNode>,
    /// `<monitor>`s.
    pub monitors: Vec<CacheTuneMonitor>,
}

/// `<memorytune><node>`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MemoryTuneNode {
    /// Where it stands.
    pub pos: Pos,
    /// `id=`: the host's node.
    pub id: u32,
    /// `bandwidth=`, in percent.
    pub bandwidth: u32,
}

/// `vcpus=`, which must be there.
fn vcpus(el: El<'_>, r: &mut Reader) -> Option<NumberSet> {
    r.required::<String>(el, "vcpus")?;
    r.number_set(Kind::Xml, el, "vcpus")
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

/// An amount of bytes in the largest unit that divides it.
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
