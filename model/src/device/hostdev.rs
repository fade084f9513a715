//! `<hostdev>`.

use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

/// `<hostdev>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Hostdev {
    /// What all devices have: place, alias, address, boot order.
    pub info: DeviceInfo,
}

impl Element for Hostdev {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { info: DeviceInfo::read(el, r) })
    }

    fn write(&self, w: &mut Writer) {
        w.element("hostdev").children(|w| self.info.write(w));
    }
}
