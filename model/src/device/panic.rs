//! `<panic>`: a device by which the guest reports a crash.

use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

spelled! {
    /// `model=`: how the guest reports a crash.
    pub enum PanicModel {
        /// By an I/O port of an ISA device.
        Isa = "isa",
        /// By the firmware of a pseries guest.
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
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `model=`
    pub model: Option<PanicModel>,
}

impl Element for Panic {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { info: DeviceInfo::read(el, r), model: r.attr_as(crate::Class::Unsupported, el, "model") })
    }

    fn write(&self, w: &mut Writer) {
        w.element("panic").opt("model", self.model).children(|w| self.info.write(w));
    }
}
