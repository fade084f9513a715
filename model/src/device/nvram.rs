//! `<nvram>`: the NVRAM device of pseries.

use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

crate::rules! {
    /// A guest has one NVRAM device.
    NVRAM_SINGLE = "nvram-single": Internal, Read,
        "`<nvram>` of `<devices>`: pseries has one `spapr-nvram`",
        help "remove all `<nvram>` but one";
}

/// `<nvram>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Nvram {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
}

impl Element for Nvram {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { info: DeviceInfo::read(el, r) })
    }

    fn write(&self, w: &mut Writer) {
        w.element("nvram").children(|w| self.info.write(w));
    }
}
