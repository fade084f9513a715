//! `<memory>`.

use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

/// `<memory>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MemoryDevice {
    /// What all devices have: place, alias, address, boot order.
    pub info: DeviceInfo,
}

impl Element for MemoryDevice {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { info: DeviceInfo::read(el, r) })
    }

    fn write(&self, w: &mut Writer) {
        w.element("memory").children(|w| self.info.write(w));
    }
}
