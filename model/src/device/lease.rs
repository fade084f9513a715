//! `<lease>`: a lock that is held while the guest runs.

use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

/// `<lease>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lease {
    /// What all devices have; a lease is nothing that the guest sees, so only its place counts.
    pub info: DeviceInfo,
    /// `<lockspace>`.
    pub lockspace: Option<String>,
    /// `<key>`.
    pub key: String,
    /// `path=` of `<target>`.
    pub path: String,
    /// `offset=` of `<target>`, in bytes, not 0.
    pub offset: Option<u64>,
}

impl Element for Lease {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let key = r.need(el, "key").map(El::text);
        let target = r.need(el, "target");
        let path = target.and_then(|t| r.required(t, "path"));
        let offset = target.and_then(|t| r.attr(t, "offset")).filter(|o| *o > 0);
        Some(Self {
            info: DeviceInfo { pos: el.pos(), ..DeviceInfo::default() },
            lockspace: el.child_text("lockspace").filter(|l| !l.is_empty()),
            key: key?,
            path: path?,
            offset,
        })
    }

    fn write(&self, w: &mut Writer) {
        w.element("lease").children(|w| {
            w.opt_text_element("lockspace", self.lockspace.as_ref());
            w.text_element("key", &self.key);
            w.element("target").attr("path", &self.path).opt("offset", self.offset).empty();
        });
    }
}
