//! The smaller parts of a disk: geometry, block sizes, transience.

use super::ONCE_INTERNAL;
use crate::YesNo;
use crate::device::storage::optional_word;
use crate::read::{El, Reader};
use crate::write::Writer;

spelled! {
    /// `trans=` of `<geometry>`: how the firmware translates addresses.
    pub enum GeometryTrans {
        /// It decides.
        Auto = "auto",
        /// Not at all.
        None = "none",
        /// Logical block addresses.
        Lba = "lba",
    }
}

/// `<geometry>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Geometry {
    /// `cyls=`
    pub cylinders: u32,
    /// `heads=`
    pub heads: u32,
    /// `secs=`
    pub sectors: u32,
    /// `trans=`
    pub trans: Option<GeometryTrans>,
}

impl Geometry {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            cylinders: r.attr_kinds(ONCE_INTERNAL, el, "cyls").unwrap_or_default(),
            heads: r.attr_kinds(ONCE_INTERNAL, el, "heads").unwrap_or_default(),
            sectors: r.attr_kinds(ONCE_INTERNAL, el, "secs").unwrap_or_default(),
            trans: optional_word(ONCE_INTERNAL, el, "trans", "default", r),
        }
    }

    /// Whether it is given at all; the reference wants all three numbers.
    pub fn is_given(&self) -> bool {
        self.cylinders > 0 && self.heads > 0 && self.sectors > 0
    }

    pub(super) fn write(&self, w: &mut Writer) {
        if self.is_given() {
            w.element("geometry")
                .attr("cyls", self.cylinders)
                .attr("heads", self.heads)
                .attr("secs", self.sectors)
                .opt("trans", self.trans)
                .empty();
        }
    }
}

/// `<blockio>`: sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BlockIo {
    /// `logical_block_size=`
    pub logical: Option<u32>,
    /// `physical_block_size=`
    pub physical: Option<u32>,
    /// `discard_granularity=`; 0 is a value of its own.
    pub discard_granularity: Option<u32>,
}

impl BlockIo {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            logical: r.attr_kinds(ONCE_INTERNAL, el, "logical_block_size").filter(|n| *n > 0),
            physical: r.attr_kinds(ONCE_INTERNAL, el, "physical_block_size").filter(|n| *n > 0),
            discard_granularity: r.attr(el, "discard_granularity"),
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
    /// `shareBacking=`: whether other guests may use the image at the same time.
    pub share_backing: Option<YesNo>,
}
