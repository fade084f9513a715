//! `<hub>`: a USB hub.

use crate::Class;
use crate::info::DeviceInfo;

use crate::read::{El, Element, Reader};
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
            kind: r.required_as(Class::Internal, Class::Unsupported, el, "type"),
            info: DeviceInfo::read(el, r),
        })
    }

    fn write(&self, w: &mut Writer) {
        w.element("hub").opt("type", self.kind).children(|w| self.info.write(w));
    }
}
