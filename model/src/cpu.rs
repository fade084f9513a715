//! `<cpu>`, without its `<numa>`.

use crate::Pos;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

/// `<cpu>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cpu {
    /// Where it stands.
    pub pos: Pos,
}

impl Cpu {
    /// Writes `<cpu>` with what `inside` adds at its end; nothing where both are empty.
    pub(crate) fn write_with(cpu: Option<&Self>, inside: impl FnOnce(&mut Writer), w: &mut Writer) {
        match cpu {
            Some(_) => w.element("cpu").children(inside),
            None => w.element("cpu").children_or_nothing(inside),
        }
    }
}

impl Element for Cpu {
    fn read(el: El<'_>, _r: &mut Reader) -> Option<Self> {
        Some(Self { pos: el.pos() })
    }

    fn write(&self, w: &mut Writer) {
        Self::write_with(Some(self), |_| {}, w);
    }
}
