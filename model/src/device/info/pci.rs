//! PCI addresses (`<address type='pci'>`).

use super::address::number;
use crate::OnOff;
use crate::read::{El, INTERNAL_BEFORE_9_0, Reader, hex};

crate::rules! {
    /// A PCI address has a domain up to 0xffff, a bus up to 0xff, a slot up to 0x1f and a function up to 7.
    PCI_ADDRESS_RANGE = "pci-address-range": Xml, Read, "`<address type='pci'>`: the widths of the PCI specification",
        help "use numbers in range, or leave the `<address>` out so that one is assigned";
}

/// A PCI address. With domain, bus and slot 0, an address is to be assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct PciAddress {
    /// `domain=`, 0 to 0xffff.
    pub domain: u32,
    /// `bus=`: the index of the PCI controller, 0 to 0xff.
    pub bus: u32,
    /// `slot=`, 0 to 0x1f.
    pub slot: u32,
    /// `function=`, 0 to 7.
    pub function: u32,
    /// `multifunction=`: whether the slot has more functions than function 0.
    pub multifunction: Option<OnOff>,
    /// `<zpci>`: the ids of the function (s390).
    pub zpci: Option<Zpci>,
}

/// `<zpci>`: the ids by which s390 guests know a PCI function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Zpci {
    /// `uid=`: the user-defined id, 1 to 0xffff.
    pub uid: Option<u32>,
    /// `fid=`: the function id.
    pub fid: Option<u32>,
}

/// As libvirt writes it in messages, such as `0000:00:1f.2`.
impl std::fmt::Display for PciAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04x}:{:02x}:{:02x}.{:x}", self.domain, self.bus, self.slot, self.function)
    }
}

impl PciAddress {
    /// Whether an address is to be assigned.
    pub fn is_empty(&self) -> bool {
        self.domain == 0 && self.bus == 0 && self.slot == 0
    }
}

impl PciAddress {
    /// Reads the attributes of a PCI address. Values out of range are XML errors. The function of an address that is to
    /// be assigned is ignored.
    pub fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let mut value = |name| number(el, name, r).unwrap_or_default();
        let mut address = Self {
            domain: value("domain"),
            bus: value("bus"),
            slot: value("slot"),
            function: value("function"),
            ..Self::default()
        };
        if address.is_empty() {
            address.function = 0;
        }
        let limits = [
            ("domain", address.domain, 0xFFFF),
            ("bus", address.bus, 0xFF),
            ("slot", address.slot, 0x1F),
            ("function", address.function, 7),
        ];
        let beyond = |(_, found, max): &(_, u32, u32)| !address.is_empty() && found > max;
        let fits = !limits.iter().any(beyond);
        for (name, found, max) in limits.into_iter().filter(beyond) {
            let message = format!("PCI address has `{name}='{found:#x}'`, the limit is `{max:#x}`");
            r.refuse(&PCI_ADDRESS_RANGE, el.pos().attr(name), message);
        }
        address.multifunction = r.attr_as(INTERNAL_BEFORE_9_0, el, "multifunction");
        address.zpci = el.child("zpci").map(|z| Zpci::read(z, r));
        fits.then_some(address)
    }

    pub(crate) fn write(&self, tag: crate::write::Tag<'_>) {
        let tag = if self.is_empty() {
            tag
        } else {
            tag.attr("domain", hex(self.domain, 4))
                .attr("bus", hex(self.bus, 2))
                .attr("slot", hex(self.slot, 2))
                .attr("function", hex(self.function, 1))
        };
        tag.opt("multifunction", self.multifunction).children(|w| {
            if let Some(zpci) = self.zpci {
                w.element("zpci")
                    .opt("uid", zpci.uid.map(|n| hex(n, 4)))
                    .opt("fid", zpci.fid.map(|n| hex(n, 8)))
                    .empty();
            }
        });
    }
}

impl Zpci {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self { uid: number(el, "uid", r), fid: number(el, "fid", r) }
    }
}
