//! `<geometry>`, `<blockio>` and `<transient>` of a disk.

use crate::YesNo;
use crate::read::{El, INTERNAL_BEFORE_9_0, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::Writer;

spelled! {
    /// `trans=` of `<geometry>`: how the BIOS translates cylinders, heads and sectors.
    pub enum GeometryTrans {
        /// As the BIOS chooses.
        Auto = "auto",
        /// Not at all.
        None = "none",
        /// By logical block addressing.
        Lba = "lba",
    }
}

/// `<geometry>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Geometry {
    /// `cyls=`: the number of cylinders.
    pub cylinders: Option<u32>,
    /// `heads=`: the number of heads.
    pub heads: Option<u32>,
    /// `secs=`: the number of sectors of each track.
    pub sectors: Option<u32>,
    /// `trans=`
    pub trans: Option<GeometryTrans>,
}

impl Geometry {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            cylinders: r.attr_as(INTERNAL_BEFORE_9_0, el, "cyls"),
            heads: r.attr_as(INTERNAL_BEFORE_9_0, el, "heads"),
            sectors: r.attr_as(INTERNAL_BEFORE_9_0, el, "secs"),
            trans: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "trans"),
        }
    }

    /// The numbers with the names of their attributes.
    pub fn numbers(&self) -> [(&'static str, Option<u32>); 3] {
        [("cyls", self.cylinders), ("heads", self.heads), ("secs", self.sectors)]
    }

    /// Whether cylinders, heads and sectors are given and none is 0.
    pub fn is_whole(&self) -> bool {
        self.numbers().iter().all(|(_, number)| number.is_some_and(|n| n > 0))
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.element("geometry")
            .opt("cyls", self.cylinders)
            .opt("heads", self.heads)
            .opt("secs", self.sectors)
            .opt("trans", self.trans)
            .empty();
    }
}

/// `<blockio>`: block sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BlockIo {
    /// `logical_block_size=`; 0 is read as absent.
    pub logical: Option<u32>,
    /// `physical_block_size=`; 0 is read as absent.
    pub physical: Option<u32>,
    /// `discard_granularity=`; 0 disables discard. Before libvirt 11.6, 0 is read as absent.
    pub discard_granularity: Option<u32>,
}

impl BlockIo {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            logical: r.attr_as(INTERNAL_BEFORE_9_0, el, "logical_block_size").filter(|n| *n > 0),
            physical: r.attr_as(INTERNAL_BEFORE_9_0, el, "physical_block_size").filter(|n| *n > 0),
            discard_granularity: r
                .attr_since("9.7", el, "discard_granularity")
                .filter(|n| *n > 0 || r.knows("11.6")),
        }
    }

    pub(super) fn write(&self, w: &mut Writer) {
        if *self != Self::default() {
            w.element("blockio")
                .opt("logical_block_size", self.logical)
                .opt("physical_block_size", self.physical)
                .opt("discard_granularity", self.discard_granularity)
                .empty();
        }
    }
}

/// `<transient>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Transient {
    /// `shareBacking=`: whether other domains can use the image at the same time.
    pub share_backing: Option<YesNo>,
}
