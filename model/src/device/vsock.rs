//! `<vsock>`.

use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

/// `<vsock>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Vsock {
    /// What all devices have: place, alias, address, boot order.
    pub info: DeviceInfo,
}

impl Element for Vsock {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { info: DeviceInfo::read(el, r) })
    }

    fn write(&self, w: &mut Writer) {
        w.element("vsock").children(|w| self.info.write(w));
    }
}
