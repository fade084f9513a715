//! `<panic>`.

use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

spelled! {
    /// How the guest tells that it has crashed (`<panic model=>`).
    pub enum PanicModel {
        /// By an I/O port.
        Isa = "isa",
        /// By the firmware of a POWER guest.
        Pseries = "pseries",
        /// By Hyper-V's crash registers.
        Hyperv = "hyperv",
        /// By the state of an s390 CPU.
        S390 = "s390",
        /// By a PCI device.
        Pvpanic = "pvpanic" since "9.1",
    }
}

/// `<panic>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Panic {
    /// What all devices have: place, alias, address, boot order.
    pub info: DeviceInfo,
    /// `model=`
    pub model: Option<PanicModel>,
}

impl Element for Panic {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { info: DeviceInfo::read(el, r), model: r.attr_as(crate::Kind::Unsupported, el, "model") })
    }

    fn write(&self, w: &mut Writer) {
        w.element("panic").opt("model", self.model).children(|w| self.info.write(w));
    }
}
