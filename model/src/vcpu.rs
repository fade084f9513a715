//! `<vcpu>` and `<vcpus>`.

use crate::Pos;
use crate::read::{El, Reader};
use crate::write::Writer;

/// How many virtual CPUs, and which of them are there from the start.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Vcpus {
    /// Where `<vcpu>` stands.
    pub pos: Pos,
    /// The text of `<vcpu>`: the most there can be.
    pub max: Option<u32>,
}

impl Vcpus {
    pub(crate) fn read(domain: El<'_>, r: &mut Reader) -> Self {
        let Some(el) = domain.child("vcpu") else { return Self::default() };
        Self { pos: el.pos(), max: r.text(el) }
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        w.opt_text_element("vcpu", self.max);
    }
}
