//! `<graphics>`.

use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

/// `<graphics>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Graphics {
    /// What all devices have: place, alias, address, boot order.
    pub info: DeviceInfo,
}

impl Element for Graphics {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { info: DeviceInfo::read(el, r) })
    }

    fn write(&self, w: &mut Writer) {
        w.element("graphics").children(|w| self.info.write(w));
    }
}
