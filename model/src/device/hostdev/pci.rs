//! PCI devices of the host.

use crate::info::PciAddress;
use crate::read::{El, Reader, UNSUPPORTED_BEFORE_9_0, hex};
use crate::write::Writer;
use crate::{OnOff, Pos, YesNo};

spelled! {
    /// `name=` of `<driver>`: how the device is assigned.
    pub enum HostdevDriverName {
        /// The device assignment of KVM, which VFIO replaced.
        Kvm = "kvm",
        /// VFIO.
        Vfio = "vfio",
        /// The device assignment of Xen.
        Xen = "xen",
    }
}

/// `<driver>` of an assigned PCI device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostdevDriver {
    /// `name=`.
    pub name: Option<HostdevDriverName>,
    /// `model=`: the VFIO driver of the kernel, such as `vfio-pci`.
    pub model: Option<String>,
    /// `iommufd=`: whether the device is mapped by IOMMUFD; without it, as `<iommufd>` of the domain says.
    pub iommufd: Option<YesNo>,
}

/// A PCI device of the host.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PciDevice {
    /// Place of `<source>` in the text.
    pub pos: Pos,
    /// `<driver>`.
    pub driver: HostdevDriver,
    /// `writeFiltering=` of `<source>` (Xen).
    pub write_filtering: Option<YesNo>,
    /// `<address>` of the device on the host; all zero where it is missing.
    pub address: PciAddress,
    /// `display=`: whether the device's output is shown by the guest's displays.
    pub display: Option<OnOff>,
    /// `ramfb=`: whether there is a framebuffer before the guest's driver runs.
    pub ramfb: Option<OnOff>,
}

impl PciDevice {
    /// Reads the device from the device element and its `<source>`.
    pub(super) fn read(el: El<'_>, source: El<'_>, r: &mut Reader) -> Self {
        let (display, ramfb) = (r.attr_since("10.2", el, "display"), r.attr_since("10.2", el, "ramfb"));
        let write_filtering = r.attr(source, "writeFiltering");
        super::refuse_unknown(source, "pci", &["address", "origstates"], r);
        let address = source.child("address").and_then(|a| PciAddress::read(a, r));
        let driver = el.child("driver").map_or_else(HostdevDriver::default, |d| HostdevDriver {
            name: r.attr_as(UNSUPPORTED_BEFORE_9_0, d, "name"),
            model: r.string_since("10.0", d, "model"),
            iommufd: r.attr_since("12.1", d, "iommufd"),
        });
        // The address on the host has neither `multifunction=` nor `<zpci>`.
        let address =
            address.map(|a| PciAddress { multifunction: None, zpci: None, ..a }).unwrap_or_default();
        Self { pos: source.pos(), driver, write_filtering, address, display, ramfb }
    }

    /// Writes `<driver>` and `<source>`. `kind` is the `type=` of the address, where it is written.
    pub(super) fn write(&self, kind: Option<&str>, w: &mut Writer) {
        if self.driver != HostdevDriver::default() {
            w.element("driver")
                .opt("name", self.driver.name)
                .opt("model", self.driver.model.as_ref())
                .opt("iommufd", self.driver.iommufd)
                .empty();
        }
        w.element("source").opt("writeFiltering", self.write_filtering).children(|w| {
            let a = self.address;
            let tag = w.element("address").opt("type", kind);
            tag.attr("domain", hex(a.domain, 4))
                .attr("bus", hex(a.bus, 2))
                .attr("slot", hex(a.slot, 2))
                .attr("function", hex(a.function, 1))
                .empty();
        });
    }
}
