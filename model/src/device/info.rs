//! What all devices have: alias, address, boot order, option ROM.

use crate::read::{AnyBase, El, Reader, Value, hex};
use crate::write::Writer;
use crate::{Kind, OnOff, Pos, YesNo};

/// The common part of a device.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeviceInfo {
    /// Where the device stands.
    pub pos: Pos,
    /// `<alias name=>`: the id the device has in QEMU.
    pub alias: Option<String>,
    /// `<address>`.
    pub address: Option<Address>,
    /// `<boot>`.
    pub boot: Option<Boot>,
    /// `<rom>`.
    pub rom: Option<Rom>,
    /// `<acpi index=>`.
    pub acpi_index: Option<u32>,
    /// `<master startport=>` of a companion USB controller.
    pub master_startport: Option<u32>,
}

/// `<boot>` of a device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Boot {
    /// `order=`, from 1.
    pub order: u32,
    /// `loadparm=` (s390).
    pub loadparm: Option<String>,
}

/// `<rom>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rom {
    /// `enabled=`.
    pub enabled: Option<YesNo>,
    /// `bar=`: whether the ROM's BAR is visible in the guest.
    pub bar: Option<OnOff>,
    /// `file=`.
    pub file: Option<String>,
}

/// `<address>`: how the guest finds the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// `type='pci'`
    Pci(PciAddress),
    /// `type='drive'`
    Drive(DriveAddress),
    /// `type='virtio-serial'`
    VirtioSerial(VirtioSerialAddress),
    /// `type='ccid'`
    Ccid(CcidAddress),
    /// `type='usb'`
    Usb(UsbAddress),
    /// `type='spapr-vio'`
    SpaprVio {
        /// `reg=`
        reg: Option<u64>,
    },
    /// `type='virtio-s390'`
    VirtioS390,
    /// `type='ccw'`; `None` is "a CCW address, any".
    Ccw(Option<CcwAddress>),
    /// `type='virtio-mmio'`
    VirtioMmio,
    /// `type='isa'`
    Isa(IsaAddress),
    /// `type='dimm'`
    Dimm(DimmAddress),
    /// `type='unassigned'`: not to be given to the guest.
    Unassigned,
}

/// A PCI address. Domain, bus and slot all zero is "a PCI address, any".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct PciAddress {
    /// `domain=`
    pub domain: u32,
    /// `bus=`: the index of the PCI controller.
    pub bus: u32,
    /// `slot=`, 0 to 0x1f.
    pub slot: u32,
    /// `function=`, 0 to 7.
    pub function: u32,
    /// `multifunction=`
    pub multifunction: Option<OnOff>,
    /// `<zpci>` (s390).
    pub zpci: Option<Zpci>,
}

/// `<zpci>`: how s390 sees a PCI function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Zpci {
    /// `uid=`, 1 to 0xffff.
    pub uid: Option<u32>,
    /// `fid=`.
    pub fid: Option<u32>,
}

/// As the reference writes it in messages: `0000:00:1f.2`.
impl std::fmt::Display for PciAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04x}:{:02x}:{:02x}.{:x}", self.domain, self.bus, self.slot, self.function)
    }
}

/// As QEMU reads it: `fe.0.0001`.
impl std::fmt::Display for CcwAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}.{:x}.{:04x}", self.cssid, self.ssid, self.devno)
    }
}

impl PciAddress {
    /// Whether the document only asks for PCI and leaves the address open.
    pub fn is_empty(&self) -> bool {
        self.domain == 0 && self.bus == 0 && self.slot == 0
    }
}

/// The address of a disk on its controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct DriveAddress {
    /// `controller=`
    pub controller: u32,
    /// `bus=`
    pub bus: u32,
    /// `target=`
    pub target: u32,
    /// `unit=`
    pub unit: u32,
}

/// The address of a port on a virtio-serial controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct VirtioSerialAddress {
    /// `controller=`
    pub controller: u32,
    /// `bus=`
    pub bus: u32,
    /// `port=`; 0 is "any".
    pub port: u32,
}

/// The address of a smartcard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct CcidAddress {
    /// `controller=`
    pub controller: u32,
    /// `slot=`
    pub slot: u32,
}

/// The address of a USB device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct UsbAddress {
    /// `bus=`: the index of the USB controller.
    pub bus: u32,
    /// `port=`: the path of ports, up to four numbers; empty is "any".
    pub port: Vec<u32>,
}

/// A channel I/O address (s390).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub struct CcwAddress {
    /// `cssid=`
    pub cssid: u32,
    /// `ssid=`, 0 to 3.
    pub ssid: u32,
    /// `devno=`
    pub devno: u32,
}

/// An ISA address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct IsaAddress {
    /// `iobase=`
    pub iobase: Option<u32>,
    /// `irq=`
    pub irq: Option<u32>,
}

/// Where a memory device sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct DimmAddress {
    /// `slot=`
    pub slot: Option<u32>,
    /// `base=`: its guest-physical address.
    pub base: Option<u64>,
}

impl DeviceInfo {
    /// Reads the common children of a device.
    pub fn read(el: El<'_>, r: &mut Reader) -> Self {
        let mut info = Self { pos: el.pos(), ..Self::default() };
        for child in el.elements() {
            match child.name() {
                "alias" => info.alias = child.string("name"),
                "address" if child.get("type").is_some() => info.address = Address::read(child, r),
                "boot" => info.boot = Boot::read(child, r),
                "rom" => {
                    info.rom = Some(Rom {
                        enabled: r.attr(child, "enabled"),
                        bar: r.attr(child, "bar"),
                        file: child.string("file"),
                    });
                }
                "acpi" => info.acpi_index = r.attr(child, "index"),
                "master" => info.master_startport = r.attr(child, "startport"),
                _ => {}
            }
        }
        info
    }

    /// Writes them, in the format's order.
    pub fn write(&self, w: &mut Writer) {
        if let Some(boot) = &self.boot {
            w.element("boot").attr("order", boot.order).opt("loadparm", boot.loadparm.as_ref()).empty();
        }
        if let Some(index) = self.acpi_index {
            w.element("acpi").attr("index", index).empty();
        }
        if let Some(alias) = &self.alias {
            w.element("alias").attr("name", alias).empty();
        }
        if let Some(startport) = self.master_startport {
            w.element("master").attr("startport", startport).empty();
        }
        if let Some(rom) = &self.rom {
            w.element("rom")
                .opt("enabled", rom.enabled)
                .opt("bar", rom.bar)
                .opt("file", rom.file.as_ref())
                .empty();
        }
        if let Some(address) = &self.address {
            address.write(w);
        }
    }

    /// The PCI address, where it has one.
    pub fn pci(&self) -> Option<&PciAddress> {
        match &self.address {
            Some(Address::Pci(address)) => Some(address),
            _ => None,
        }
    }
}

impl Boot {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let order: u32 = r.required(el, "order")?;
        if order == 0 {
            r.problem(
                Kind::Xml,
                "boot-order",
                el.pos().attr("order"),
                "attribute 'order' of element 'boot' is '0', it counts from 1",
            );
            return None;
        }
        Some(Self { order, loadparm: el.get("loadparm").and_then(|text| loadparm(el, text, r)) })
    }
}

/// 1 to 8 characters that an s390 boot loader can be told, in upper case.
fn loadparm(el: El<'_>, text: &str, r: &mut Reader) -> Option<String> {
    let text = text.to_ascii_uppercase();
    let wrong = text.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '.' | ' '));
    let problem = match wrong {
        Some(c) => format!("with '{c}', expected letters, digits, '.' and blanks"),
        None if text.is_empty() || text.len() > 8 => "expected 1 to 8 characters".to_owned(),
        None => return Some(text),
    };
    let message = format!("attribute 'loadparm' of element 'boot' is '{text}', {problem}");
    r.problem(Kind::Internal, "boot-loadparm", el.pos().attr("loadparm"), message);
    None
}

impl Address {
    /// Reads `<address type=>`.
    pub fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let kind: AddressType = r.required(el, "type")?;
        Some(match kind {
            AddressType::Pci => Self::Pci(PciAddress::read(el, r)?),
            AddressType::Drive => Self::Drive(DriveAddress {
                controller: r.attr(el, "controller").unwrap_or_default(),
                bus: r.attr(el, "bus").unwrap_or_default(),
                target: r.attr(el, "target").unwrap_or_default(),
                unit: r.attr(el, "unit").unwrap_or_default(),
            }),
            AddressType::VirtioSerial => Self::VirtioSerial(VirtioSerialAddress {
                controller: r.attr(el, "controller").unwrap_or_default(),
                bus: r.attr(el, "bus").unwrap_or_default(),
                port: r.attr(el, "port").unwrap_or_default(),
            }),
            AddressType::Ccid => Self::Ccid(CcidAddress {
                controller: r.attr(el, "controller").unwrap_or_default(),
                slot: r.attr(el, "slot").unwrap_or_default(),
            }),
            AddressType::Usb => Self::Usb(UsbAddress::read(el, r)),
            AddressType::SpaprVio => Self::SpaprVio { reg: hexadecimal(el, "reg", r) },
            AddressType::VirtioS390 => Self::VirtioS390,
            AddressType::Ccw => Self::Ccw(CcwAddress::read(el, r)),
            AddressType::VirtioMmio => Self::VirtioMmio,
            AddressType::Isa => {
                Self::Isa(IsaAddress { iobase: hexadecimal(el, "iobase", r), irq: hexadecimal(el, "irq", r) })
            }
            AddressType::Dimm => {
                Self::Dimm(DimmAddress { slot: r.attr(el, "slot"), base: hexadecimal(el, "base", r) })
            }
            AddressType::Unassigned => Self::Unassigned,
        })
    }

    /// Its `type=`.
    pub fn kind(&self) -> AddressType {
        match self {
            Self::Pci(_) => AddressType::Pci,
            Self::Drive(_) => AddressType::Drive,
            Self::VirtioSerial(_) => AddressType::VirtioSerial,
            Self::Ccid(_) => AddressType::Ccid,
            Self::Usb(_) => AddressType::Usb,
            Self::SpaprVio { .. } => AddressType::SpaprVio,
            Self::VirtioS390 => AddressType::VirtioS390,
            Self::Ccw(_) => AddressType::Ccw,
            Self::VirtioMmio => AddressType::VirtioMmio,
            Self::Isa(_) => AddressType::Isa,
            Self::Dimm(_) => AddressType::Dimm,
            Self::Unassigned => AddressType::Unassigned,
        }
    }

    /// Writes it as `<address>`.
    pub fn write(&self, w: &mut Writer) {
        let tag = w.element("address");
        match self {
            Self::Pci(pci) => pci.write(tag.attr("type", AddressType::Pci)),
            Self::Drive(d) => tag
                .attr("type", AddressType::Drive)
                .attr("controller", d.controller)
                .attr("bus", d.bus)
                .attr("target", d.target)
                .attr("unit", d.unit)
                .empty(),
            Self::VirtioSerial(v) => tag
                .attr("type", AddressType::VirtioSerial)
                .attr("controller", v.controller)
                .attr("bus", v.bus)
                .attr("port", v.port)
                .empty(),
            Self::Ccid(c) => {
                tag.attr("type", AddressType::Ccid)
                    .attr("controller", c.controller)
                    .attr("slot", c.slot)
                    .empty();
            }
            Self::Usb(u) => {
                let port: Vec<String> = u.port.iter().map(u32::to_string).collect();
                let port = Some(port.join(".")).filter(|p| !p.is_empty());
                tag.attr("type", AddressType::Usb).attr("bus", u.bus).opt("port", port).empty();
            }
            Self::SpaprVio { reg } => {
                tag.attr("type", AddressType::SpaprVio).opt("reg", reg.map(|r| hex(r, 8))).empty();
            }
            Self::VirtioS390 => tag.attr("type", AddressType::VirtioS390).empty(),
            Self::Ccw(ccw) => tag
                .attr("type", AddressType::Ccw)
                .opt("cssid", ccw.map(|c| hex(c.cssid, 1)))
                .opt("ssid", ccw.map(|c| hex(c.ssid, 1)))
                .opt("devno", ccw.map(|c| hex(c.devno, 4)))
                .empty(),
            Self::VirtioMmio => tag.attr("type", AddressType::VirtioMmio).empty(),
            Self::Isa(i) => tag
                .attr("type", AddressType::Isa)
                .opt("iobase", i.iobase.map(|n| hex(n, 1)))
                .opt("irq", i.irq.map(|n| hex(n, 1)))
                .empty(),
            Self::Dimm(d) => {
                tag.attr("type", AddressType::Dimm)
                    .opt("slot", d.slot)
                    .opt("base", d.base.map(|b| hex(b, 1)))
                    .empty();
            }
            Self::Unassigned => tag.attr("type", AddressType::Unassigned).empty(),
        }
    }
}

spelled! {
    /// `type=` of `<address>`.
    pub enum AddressType {
        /// On a PCI bus.
        Pci = "pci",
        /// On a disk controller.
        Drive = "drive",
        /// On a virtio-serial controller.
        VirtioSerial = "virtio-serial",
        /// In a smartcard reader.
        Ccid = "ccid",
        /// On a USB bus.
        Usb = "usb",
        /// On the pseries virtual I/O bus.
        SpaprVio = "spapr-vio",
        /// On the old s390 virtio bus.
        VirtioS390 = "virtio-s390",
        /// A channel I/O device (s390).
        Ccw = "ccw",
        /// A memory-mapped virtio device.
        VirtioMmio = "virtio-mmio",
        /// On the ISA bus.
        Isa = "isa",
        /// A memory slot.
        Dimm = "dimm",
        /// Kept from the guest.
        Unassigned = "unassigned",
    }
}

/// An attribute in C notation.
fn number<T: TryFrom<u64>>(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<T> {
    r.attr::<AnyBase<T>>(el, name).map(|n| n.0)
}

/// An attribute that is hexadecimal with and without `0x`.
fn hexadecimal<T: TryFrom<u64>>(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<T> {
    r.attr::<Hexadecimal<T>>(el, name).map(|n| n.0)
}

struct Hexadecimal<T>(T);

impl<T: TryFrom<u64>> Value for Hexadecimal<T> {
    fn parse(text: &str) -> Result<Self, String> {
        let digits = text.trim_start();
        let digits = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")).unwrap_or(digits);
        let number = u64::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'));
        let number = number.and_then(|number| T::try_from(number).ok());
        number.map(Self).ok_or_else(|| "expected a hexadecimal number in range".to_owned())
    }
}

impl PciAddress {
    /// Reads the attributes of a PCI address; out of range values are XML errors. Of an address that is left open the
    /// function does not matter.
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
        if !address.is_empty() {
            for (name, found, max) in limits.into_iter().filter(|(_, found, max)| found > max) {
                let message = format!("PCI address has {name}='{found:#x}', the limit is '{max:#x}'");
                r.problem(Kind::Xml, "pci-address-range", el.pos().attr(name), message);
            }
        }
        address.multifunction = r.attr(el, "multifunction");
        address.zpci = el.child("zpci").map(|z| Zpci::read(z, r));
        Some(address)
    }

    fn write(&self, tag: crate::write::Tag<'_>) {
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
        let zpci = Self { uid: number(el, "uid", r), fid: number(el, "fid", r) };
        if let Some(uid) = zpci.uid.filter(|uid| !(1..=0xFFFF).contains(uid)) {
            let message = format!("zpci address has uid='{uid:#06x}', it goes from '0x0001' to '0xffff'");
            r.problem(Kind::Xml, "zpci-uid-range", el.pos().attr("uid"), message);
        }
        zpci
    }
}

impl UsbAddress {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        let mut address = Self { bus: r.attr(el, "bus").unwrap_or_default(), port: Vec::new() };
        if let Some(text) = el.get("port") {
            let parts: Vec<Option<u32>> = text.split('.').map(|p| p.parse().ok()).collect();
            if parts.len() > 4 || parts.iter().any(Option::is_none) {
                let message = format!(
                    "attribute 'port' of a USB address is '{text}', expected up to four numbers with dots between"
                );
                r.problem(Kind::Internal, "usb-port", el.pos().attr("port"), message);
            } else {
                address.port = parts.into_iter().flatten().collect();
            }
        }
        address
    }
}

impl CcwAddress {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let names = ["cssid", "ssid", "devno"];
        if names.iter().all(|n| el.get(n).is_none()) {
            return None;
        }
        if let Some(missing) = names.iter().find(|n| el.get(n).is_none()) {
            let message = format!("a CCW address is whole or left open, it lacks '{missing}'");
            r.problem(Kind::Internal, "ccw-address", el.pos(), message);
            return None;
        }
        let ccw = Self {
            cssid: number(el, "cssid", r).unwrap_or_default(),
            ssid: number(el, "ssid", r).unwrap_or_default(),
            devno: number(el, "devno", r).unwrap_or_default(),
        };
        if ccw.cssid > 0xfe || ccw.ssid > 3 || ccw.devno > 0xffff {
            let message = format!(
                "a CCW address has cssid='{:#x}' ssid='{:#x}' devno='{:#06x}', the limits are '0xfe', '0x3' and '0xffff'",
                ccw.cssid, ccw.ssid, ccw.devno
            );
            r.problem(Kind::Internal, "ccw-address-range", el.pos(), message);
            return None;
        }
        Some(ccw)
    }
}
