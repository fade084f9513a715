//! `<watchdog>`: a watchdog device.

use crate::info::DeviceInfo;
use crate::read::{El, Element, INTERNAL_BEFORE_9_0, Reader, UNSUPPORTED_BEFORE_11_3};
use crate::write::Writer;

crate::rules! {
    /// A guest has one watchdog (in early releases).
    WATCHDOG_SINGLE = "watchdog-single": Internal, Read,
        "`<watchdog>`: several came with the watchdog of Q35",
        help "remove all `<watchdog>` but one, or follow a later release of libvirt",
        until "9.1";
}

spelled! {
    /// `model=`.
    pub enum WatchdogModel {
        /// Intel 6300ESB, on PCI.
        I6300esb = "i6300esb",
        /// iBASE IB700, on ISA.
        Ib700 = "ib700",
        /// The watchdog of the s390 hypervisor call diag 288.
        Diag288 = "diag288",
        /// Part of the Q35 chipset.
        Itco = "itco" since "9.1",
    }
}

spelled! {
    /// `action=`: what happens when the watchdog fires.
    pub enum WatchdogAction {
        /// The guest is reset.
        Reset = "reset",
        /// The guest is asked to shut down.
        Shutdown = "shutdown",
        /// The guest is powered off.
        Poweroff = "poweroff",
        /// The guest is paused.
        Pause = "pause",
        /// The guest's memory is dumped.
        Dump = "dump",
        /// Nothing.
        None = "none",
        /// The guest gets a non-maskable interrupt.
        InjectNmi = "inject-nmi",
    }
}

/// `<watchdog>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Watchdog {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `model=`
    pub model: Option<WatchdogModel>,
    /// `action=`; without it, `reset`.
    pub action: Option<WatchdogAction>,
}

impl Element for Watchdog {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let model = r.required_as(INTERNAL_BEFORE_9_0, UNSUPPORTED_BEFORE_11_3, el, "model");
        Some(Self {
            model,
            action: r.attr_as(UNSUPPORTED_BEFORE_11_3, el, "action"),
            info: DeviceInfo::read(el, r),
        })
    }

    fn write(&self, w: &mut Writer) {
        w.element("watchdog")
            .opt("model", self.model)
            .opt("action", self.action)
            .children(|w| self.info.write(w));
    }
}
