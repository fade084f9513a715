//! `<rng>`.

use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

/// `<rng>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rng {
    /// What all devices have: place, alias, address, boot order.
    pub info: DeviceInfo,
}

impl Element for Rng {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { info: DeviceInfo::read(el, r) })
    }

    fn write(&self, w: &mut Writer) {
        w.element("rng").children(|w| self.info.write(w));
    }
}
