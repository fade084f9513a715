//! PCI controllers.

use super::{PciModel, PciName, model};
use crate::read::{AnyBase, El, Reader, UNSUPPORTED_BEFORE_9_0, hex};
use crate::write::Writer;
use crate::{Kib, OnOff};

/// Options of a PCI controller.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pci {
    /// `model=`: the kind of bus or port.
    pub model: Option<PciModel>,
    /// `<model name=>`: the QEMU device.
    pub name: Option<PciName>,
    /// `<target>`
    pub target: PciTarget,
    /// `<pcihole64>`: the size of the 64-bit memory window.
    pub pcihole64: Option<Kib>,
}

/// `<target>` of a PCI controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PciTarget {
    /// `chassisNr=` of a bridge, 1 to 255.
    pub chassis_nr: Option<u32>,
    /// `chassis=` of a root port or downstream port, 0 to 255.
    pub chassis: Option<u32>,
    /// `port=` of a root port or downstream port, 0 to 255.
    pub port: Option<u32>,
    /// `busNr=` of an expander bus, 1 to 254.
    pub bus_nr: Option<u32>,
    /// `index=` of a pseries host bridge, 0 to 30.
    pub index: Option<u32>,
    /// `hotplug=`: whether devices can be plugged into the port.
    pub hotplug: Option<OnOff>,
    /// `memReserve=`: the size of the memory window to reserve, in KiB.
    pub mem_reserve: Option<u64>,
    /// `<node>`: the guest NUMA cell of an expander bus or pseries host bridge.
    pub node: Option<u32>,
}

impl Pci {
    /// Whether it is a PCI host bridge of a pseries guest.
    pub fn is_pseries_host_bridge(&self) -> bool {
        self.model == Some(PciModel::PciRoot) && self.name == Some(PciName::SpaprPciHostBridge)
    }

    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        let model = model(el, r);
        let root = matches!(model, Some(PciModel::PciRoot | PciModel::PcieRoot));
        Self {
            model,
            name: el.child("model").and_then(|m| r.attr_as(UNSUPPORTED_BEFORE_9_0, m, "name")),
            target: el.child("target").map(|t| PciTarget::read(t, r)).unwrap_or_default(),
            pcihole64: el.child("pcihole64").filter(|_| root).and_then(|h| r.kib(h)),
        }
    }

    pub(super) fn write(&self, w: &mut Writer) {
        if let Some(name) = self.name {
            w.element("model").attr("name", name).empty();
        }
        if self.target != PciTarget::default() {
            self.target.write(w);
        }
    }
}

impl PciTarget {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            chassis_nr: number(el, "chassisNr", r),
            chassis: number(el, "chassis", r),
            port: number(el, "port", r),
            bus_nr: number(el, "busNr", r),
            index: number(el, "index", r),
            hotplug: r.attr(el, "hotplug"),
            mem_reserve: r.attr_since("10.3", el, "memReserve"),
            node: r.child_text(el, "node"),
        }
    }

    fn write(&self, w: &mut Writer) {
        w.element("target")
            .opt("chassisNr", self.chassis_nr)
            .opt("chassis", self.chassis)
            .opt("port", self.port.map(|port| hex(port, 1)))
            .opt("busNr", self.bus_nr)
            .opt("index", self.index)
            .opt("hotplug", self.hotplug)
            .opt("memReserve", self.mem_reserve)
            .children(|w| w.opt_text_element("node", self.node));
    }
}

/// An attribute with a number in C notation. A rule checks its range.
fn number(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<u32> {
    r.attr::<AnyBase<u32>>(el, name).map(|AnyBase(number)| number)
}
