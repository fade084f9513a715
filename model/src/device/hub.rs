//! `<hub>`: a USB hub.

use crate::info::DeviceInfo;
use crate::read::{El, Element, INTERNAL_BEFORE_11_3, Reader, UNSUPPORTED_BEFORE_11_3};
use crate::write::Writer;

spelled! {
    /// `type=` of a `<hub>`.
    pub enum HubType {
        /// A USB hub with eight ports.
        Usb = "usb",
    }
}

/// `<hub>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Hub {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `type=`
    pub kind: Option<HubType>,
}

impl Element for Hub {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self {
            kind: r.required_as(INTERNAL_BEFORE_11_3, UNSUPPORTED_BEFORE_11_3, el, "type"),
            info: DeviceInfo::read(el, r),
        })
    }

    fn write(&self, w: &mut Writer) {
        w.element("hub").opt("type", self.kind).children(|w| self.info.write(w));
    }
}
