//! `<address>`: where a device is in the guest.

use super::pci::PciAddress;
use crate::read::{AnyBase, El, INTERNAL_BEFORE_9_0, Reader, UNSUPPORTED_BEFORE_9_0, Value, hex};
use crate::write::Writer;

crate::rules! {
    /// An `<address>` is not of the type `virtio-s390`.
    ADDRESS_VIRTIO_S390_NONE = "address-virtio-s390-none": Xml, Read,
        "the virtio-s390 bus, which virtio-ccw replaced, has no addresses",
        help "leave the `<address>` out, or use `type='ccw'`";
    /// A USB port is up to four numbers with dots between them.
    USB_PORT = "usb-port": Internal, Read,
        "`<address type='usb' port=>`: a port of each hub on the way from the controller",
        help "write a port such as `1` or `1.2`, or leave `port=` out";
    /// A CCW address has all of `cssid`, `ssid` and `devno`, or none of them.
    CCW_ADDRESS = "ccw-address": Internal, Read, "`<address type='ccw'>`",
        help "add the missing attribute, or leave all three out so that an address is assigned";
    /// A CCW address has a `cssid` up to 0xfe, an `ssid` up to 3 and a `devno` up to 0xffff.
    CCW_ADDRESS_RANGE = "ccw-address-range": Internal, Read,
        "`<address type='ccw'>`: numbers of the s390 channel subsystem",
        help "use numbers in range, such as `cssid='0xfe' ssid='0x0' devno='0x0001'`";
}

/// `<address>`: where a device is in the guest.
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
        /// `reg=`: the register of the device.
        reg: Option<u64>,
    },
    /// `type='virtio-s390'`
    VirtioS390,
    /// `type='ccw'`; `None` where an address is to be assigned.
    Ccw(Option<CcwAddress>),
    /// `type='virtio-mmio'`
    VirtioMmio,
    /// `type='isa'`
    Isa(IsaAddress),
    /// `type='dimm'`
    Dimm(DimmAddress),
    /// `type='unassigned'`: a host device that the guest does not see.
    Unassigned,
}

/// The address of a disk on its controller (`type='drive'`).
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

/// The address of a port on a virtio-serial controller (`type='virtio-serial'`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct VirtioSerialAddress {
    /// `controller=`
    pub controller: u32,
    /// `bus=`
    pub bus: u32,
    /// `port=`; 0 where a port is to be assigned.
    pub port: u32,
}

/// The address of a smartcard (`type='ccid'`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct CcidAddress {
    /// `controller=`
    pub controller: u32,
    /// `slot=`
    pub slot: u32,
}

/// The address of a USB device (`type='usb'`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct UsbAddress {
    /// `bus=`: the index of the USB controller.
    pub bus: u32,
    /// `port=`: the ports on the way from the controller, up to four; empty where a port is to be assigned.
    pub port: Vec<u32>,
}

/// The address of a channel I/O device of s390 (`type='ccw'`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub struct CcwAddress {
    /// `cssid=`, 0 to 0xfe.
    pub cssid: u32,
    /// `ssid=`, 0 to 3.
    pub ssid: u32,
    /// `devno=`, 0 to 0xffff.
    pub devno: u32,
}

/// The address of an ISA device (`type='isa'`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct IsaAddress {
    /// `iobase=`
    pub iobase: Option<u32>,
    /// `irq=`
    pub irq: Option<u32>,
}

/// The address of a memory device (`type='dimm'`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct DimmAddress {
    /// `slot=`, from 0.
    pub slot: Option<u32>,
    /// `base=`: the guest-physical address.
    pub base: Option<u64>,
}

/// In QEMU's notation, such as `fe.0.0001`.
impl std::fmt::Display for CcwAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}.{:x}.{:04x}", self.cssid, self.ssid, self.devno)
    }
}

impl Address {
    /// Reads `<address type=>`.
    pub fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let kind: AddressType = r.required_as(INTERNAL_BEFORE_9_0, UNSUPPORTED_BEFORE_9_0, el, "type")?;
        Some(match kind {
            AddressType::Pci => Self::Pci(PciAddress::read(el, r)?),
            AddressType::Drive => Self::Drive(DriveAddress {
                controller: decimal(el, "controller", r),
                bus: decimal(el, "bus", r),
                target: decimal(el, "target", r),
                unit: decimal(el, "unit", r),
            }),
            AddressType::VirtioSerial => Self::VirtioSerial(VirtioSerialAddress {
                controller: decimal(el, "controller", r),
                bus: decimal(el, "bus", r),
                port: decimal(el, "port", r),
            }),
            AddressType::Ccid => Self::Ccid(CcidAddress {
                controller: decimal(el, "controller", r),
                slot: decimal(el, "slot", r),
            }),
            AddressType::Usb => Self::Usb(UsbAddress::read(el, r)),
            AddressType::SpaprVio => Self::SpaprVio { reg: hexadecimal(el, "reg", r) },
            AddressType::VirtioS390 => {
                let message = "`type` of `<address>` is `virtio-s390`, which has no addresses";
                r.refuse(&ADDRESS_VIRTIO_S390_NONE, el.pos().attr("type"), message);
                return None;
            }
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

    /// The `type=`.
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

    /// Writes `<address>`.
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
        /// On the virtio-s390 bus, which virtio-ccw replaced.
        VirtioS390 = "virtio-s390",
        /// A channel I/O device (s390).
        Ccw = "ccw",
        /// A memory-mapped virtio device.
        VirtioMmio = "virtio-mmio",
        /// On the ISA bus.
        Isa = "isa",
        /// A memory slot.
        Dimm = "dimm",
        /// A host device that the guest does not see.
        Unassigned = "unassigned",
    }
}

/// A decimal attribute; 0 where it is not given.
fn decimal(el: El<'_>, name: &'static str, r: &mut Reader) -> u32 {
    r.attr_as(INTERNAL_BEFORE_9_0, el, name).unwrap_or_default()
}

/// An attribute in C notation.
pub(super) fn number<T: TryFrom<u64>>(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<T> {
    r.attr_as::<AnyBase<T>>(INTERNAL_BEFORE_9_0, el, name).map(|n| n.0)
}

/// A hexadecimal attribute, with or without `0x`.
fn hexadecimal<T: TryFrom<u64>>(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<T> {
    r.attr_as::<Hexadecimal<T>>(INTERNAL_BEFORE_9_0, el, name).map(|n| n.0)
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

impl UsbAddress {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        let mut address = Self { bus: decimal(el, "bus", r), port: Vec::new() };
        if let Some(text) = el.get("port") {
            let parts: Vec<Option<u32>> = text.split('.').map(|p| p.parse().ok()).collect();
            if parts.len() > 4 || parts.iter().any(Option::is_none) {
                let message = format!(
                    "`port` of a USB address is `{text}`, expected up to four numbers with dots between them"
                );
                r.refuse(&USB_PORT, el.pos().attr("port"), message);
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
            let message =
                format!("a CCW address has all of its attributes or none, this one lacks `{missing}`");
            r.refuse(&CCW_ADDRESS, el.pos(), message);
            return None;
        }
        let ccw = Self {
            cssid: number(el, "cssid", r).unwrap_or_default(),
            ssid: number(el, "ssid", r).unwrap_or_default(),
            devno: number(el, "devno", r).unwrap_or_default(),
        };
        if ccw.cssid > 0xfe || ccw.ssid > 3 || ccw.devno > 0xffff {
            let message = format!(
                "a CCW address has `cssid='{:#x}'` `ssid='{:#x}'` `devno='{:#06x}'`, the limits are `0xfe`, `0x3` and `0xffff`",
                ccw.cssid, ccw.ssid, ccw.devno
            );
            r.refuse(&CCW_ADDRESS_RANGE, el.pos(), message);
            return None;
        }
        Some(ccw)
    }
}
