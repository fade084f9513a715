//! `<lease>`: a lease of the lock manager, which is held while the guest runs.

use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

/// `<lease>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lease {
    /// The place in the text; the guest does not see a lease, which has no alias and no address.
    pub info: DeviceInfo,
    /// `<lockspace>`.
    pub lockspace: Option<String>,
    /// `<key>` of the lease in the lockspace.
    pub key: String,
    /// `path=` of `<target>`: the lease file.
    pub path: String,
    /// `offset=` of `<target>`: the offset of the lease in the file, in bytes; 0 is read as absent.
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
            lockspace: el.child_text("lockspace"),
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
