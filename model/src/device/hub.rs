//! `<hub>`.

use crate::Kind;
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

/// The class of a missing type, in older releases and now.
const MISSING: [Kind; 2] = [Kind::Internal, Kind::Xml];

/// The class of an unknown type.
const UNKNOWN: [Kind; 2] = [Kind::Unsupported, Kind::Xml];

/// `<hub>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Hub {
    /// What all devices have: place, alias, address, boot order.
    pub info: DeviceInfo,
    /// `type=`
    pub kind: Option<HubType>,
}

impl Element for Hub {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { kind: r.required_kinds(MISSING, UNKNOWN, el, "type"), info: DeviceInfo::read(el, r) })
    }

    fn write(&self, w: &mut Writer) {
        w.element("hub").opt("type", self.kind).children(|w| self.info.write(w));
    }
}
