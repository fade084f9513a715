//! `<pstore>`.

use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

/// `<pstore>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pstore {
    /// What all devices have: place, alias, address, boot order.
    pub info: DeviceInfo,
}

impl Element for Pstore {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { info: DeviceInfo::read(el, r) })
    }

    fn write(&self, w: &mut Writer) {
        w.element("pstore").children(|w| self.info.write(w));
    }
}
