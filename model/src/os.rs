//! `<os>`.

use crate::Pos;
use crate::read::{El, Reader};
use crate::write::Writer;

/// `<os>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Os {
    /// Where it stands.
    pub pos: Pos,
    /// The text of `<type>`: `hvm` for a full machine.
    pub os_type: Option<String>,
    /// `<type arch=>`, as written.
    pub arch: Option<String>,
    /// `<type machine=>`, as written.
    pub machine: Option<String>,
}

impl Os {
    pub(crate) fn read(domain: El<'_>, _r: &mut Reader) -> Self {
        let Some(el) = domain.child("os") else { return Self::default() };
        let kind = el.child("type");
        Self {
            pos: el.pos(),
            os_type: kind.map(El::text),
            arch: kind.and_then(|k| k.string("arch")),
            machine: kind.and_then(|k| k.string("machine")),
        }
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        w.element("os").children_or_nothing(|w| {
            if let Some(os_type) = &self.os_type {
                let tag =
                    w.element("type").opt("arch", self.arch.as_ref()).opt("machine", self.machine.as_ref());
                tag.text(os_type);
            }
        });
    }
}
