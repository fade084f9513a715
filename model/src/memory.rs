//! `<maxMemory>`, `<memory>`, `<currentMemory>`, `<memoryBacking>`.

use crate::read::{El, Reader};
use crate::write::Writer;
use crate::{Kib, Pos};

/// How much memory, and what backs it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Memory {
    /// Where `<memory>` stands.
    pub pos: Pos,
    /// `<memory>`: what the guest has at the start, memory devices included.
    pub size: Option<Kib>,
    /// `<currentMemory>`: the size of the balloon.
    pub current: Option<Kib>,
}

impl Memory {
    pub(crate) fn read(domain: El<'_>, r: &mut Reader) -> Self {
        Self {
            pos: domain.child("memory").map(El::pos).unwrap_or_default(),
            size: domain.child("memory").and_then(|e| r.kib(e)),
            current: domain.child("currentMemory").and_then(|e| r.kib(e)),
        }
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        for (name, size) in [("memory", self.size), ("currentMemory", self.current)] {
            if let Some(size) = size {
                w.element(name).attr("unit", "KiB").text(size.0);
            }
        }
    }
}
