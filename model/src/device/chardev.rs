//! `<serial>`, `<parallel>`, `<channel>`, `<console>`.

use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

/// `<serial>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Serial {
    /// What all devices have: place, alias, address, boot order.
    pub info: DeviceInfo,
}

impl Element for Serial {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { info: DeviceInfo::read(el, r) })
    }

    fn write(&self, w: &mut Writer) {
        w.element("serial").children(|w| self.info.write(w));
    }
}

/// `<parallel>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parallel {
    /// What all devices have: place, alias, address, boot order.
    pub info: DeviceInfo,
}

impl Element for Parallel {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { info: DeviceInfo::read(el, r) })
    }

    fn write(&self, w: &mut Writer) {
        w.element("parallel").children(|w| self.info.write(w));
    }
}

/// `<channel>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Channel {
    /// What all devices have: place, alias, address, boot order.
    pub info: DeviceInfo,
}

impl Element for Channel {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { info: DeviceInfo::read(el, r) })
    }

    fn write(&self, w: &mut Writer) {
        w.element("channel").children(|w| self.info.write(w));
    }
}

/// `<console>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Console {
    /// What all devices have: place, alias, address, boot order.
    pub info: DeviceInfo,
}

impl Element for Console {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { info: DeviceInfo::read(el, r) })
    }

    fn write(&self, w: &mut Writer) {
        w.element("console").children(|w| self.info.write(w));
    }
}
