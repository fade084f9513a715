//! `<hostdev>`: a device of the host that is assigned to the guest.

pub(crate) mod mdev;
mod pci;
pub(crate) mod scsi;
pub(crate) mod usb;

pub use mdev::{Mdev, MdevModel};
pub use pci::{HostdevDriver, HostdevDriverName, PciDevice};
pub use scsi::{ScsiAdapter, ScsiDevice, ScsiHost, ScsiHostModel, ScsiIscsi, ScsiSource, SgIo};
pub use usb::{GuestReset, UsbDevice, UsbHostAddress, UsbHostPlace, UsbStartup};

use super::net::{Interface, InterfaceType, IpAddress, Route, Teaming};
use super::{DeviceId, DeviceKind, Devices};
use crate::info::DeviceInfo;
use crate::read::{self, El, Element, Reader, UNSUPPORTED_BEFORE_11_3};
use crate::write::{Tag, Writer};
use crate::{Class, YesNo};

crate::rules! {
    /// The source address of an interface of type `hostdev` is of type `pci` or `usb`.
    NET_HOSTDEV_ADDRESS_TYPE = "net-hostdev-address-type": Unsupported, Read,
        "`<interface type='hostdev'><source><address type=>`: network devices of the host are on these buses",
        help "use `type='pci'` or `type='usb'`";
    /// The `type` of a host device belongs to its `mode`.
    HOSTDEV_TYPE = "hostdev-type": Unsupported, Read,
        "mode `subsystem`: `usb`, `pci`, `scsi`, `scsi_host`, `mdev`; mode `capabilities` (containers): `storage`, `misc`, `net`",
        help "change `type=` or `mode=`";
    /// The `<source>` of a host device has only children of its type.
    HOSTDEV_SOURCE_CHILD = "hostdev-source-child": Internal, Read,
        "USB: `<vendor>`, `<product>`, `<address>`; PCI: `<address>`",
        help "remove the child element, or follow a later release", until "9.0";
    /// A `startupPolicy` is given only for USB host devices.
    HOSTDEV_STARTUP_POLICY = "hostdev-startup-policy": Unsupported, Read,
        "`<hostdev type='usb'><source startupPolicy=>`",
        help "remove `startupPolicy=`";
    /// A host device has only attributes of its `type`.
    HOSTDEV_ATTRIBUTE = "hostdev-attribute": Xml, Read,
        "`sgio=` and `rawio=` are for type `scsi`, `model=` for types `mdev` and `scsi_host`",
        help "remove the attribute";
    /// The source of an interface of type `hostdev` has an `<address>` with `type`.
    NET_HOSTDEV_ADDRESS = "net-hostdev-address": Unsupported (Xml before "11.3"), Read, "`<interface type='hostdev'><source><address type=>`",
        help "add an `<address>` with `type='pci'` or `type='usb'`";
}

spelled! {
    /// `mode=` of `<hostdev>`.
    pub enum HostdevMode {
        /// A device on a bus of the host.
        Subsystem = "subsystem",
        /// A device node or network interface (containers).
        Capabilities = "capabilities" of "LXC",
    }
}

spelled! {
    /// `type=` of `<hostdev>`, in both modes.
    pub enum HostdevType {
        /// A USB device.
        Usb = "usb",
        /// A PCI device.
        Pci = "pci",
        /// A SCSI LUN.
        Scsi = "scsi",
        /// A SCSI host adapter (vhost-scsi).
        ScsiHost = "scsi_host",
        /// A mediated device of the kernel.
        Mdev = "mdev",
        /// A block device node.
        Storage = "storage",
        /// A character device node.
        Misc = "misc",
        /// A network interface.
        Net = "net",
    }
}

/// `<hostdev>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Hostdev {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `managed=`: whether libvirt detaches the device from its driver on the host, and attaches it again.
    pub managed: Option<YesNo>,
    /// `type=` and `<source>`.
    pub source: HostdevSource,
    /// `<teaming>`: its role in a teaming pair.
    pub teaming: Option<Teaming>,
    /// `<readonly>` (SCSI).
    pub readonly: bool,
    /// `<shareable>` (SCSI).
    pub shareable: bool,
}

/// `type=` and `<source>`: the device of the host.
#[derive(Debug, Clone, PartialEq)]
pub enum HostdevSource {
    /// `type='usb'`
    Usb(UsbDevice),
    /// `type='pci'`
    Pci(PciDevice),
    /// `type='scsi'`
    Scsi(Box<ScsiDevice>),
    /// `type='scsi_host'`
    ScsiHost(ScsiHost),
    /// `type='mdev'`
    Mdev(Mdev),
    /// `mode='capabilities'`
    Capability(Capability),
}

impl Default for HostdevSource {
    fn default() -> Self {
        Self::Pci(PciDevice::default())
    }
}

impl HostdevSource {
    /// The `type=` in the document.
    pub fn kind(&self) -> HostdevType {
        match self {
            Self::Usb(_) => HostdevType::Usb,
            Self::Pci(_) => HostdevType::Pci,
            Self::Scsi(_) => HostdevType::Scsi,
            Self::ScsiHost(_) => HostdevType::ScsiHost,
            Self::Mdev(_) => HostdevType::Mdev,
            Self::Capability(Capability::Storage { .. }) => HostdevType::Storage,
            Self::Capability(Capability::Misc { .. }) => HostdevType::Misc,
            Self::Capability(Capability::Net { .. }) => HostdevType::Net,
        }
    }
}

/// A device node or network interface of the host, for a container.
#[derive(Debug, Clone, PartialEq)]
pub enum Capability {
    /// A block device.
    Storage {
        /// `<block>`: its path.
        block: String,
    },
    /// A character device.
    Misc {
        /// `<char>`: its path.
        char: String,
    },
    /// A network interface.
    Net {
        /// `<interface>`: its name.
        interface: String,
        /// `<ip>`: addresses in the container.
        ips: Vec<IpAddress>,
        /// `<route>`: routes in the container.
        routes: Vec<Route>,
    },
}

impl Hostdev {
    /// The PCI device, for type `pci`.
    pub fn pci(&self) -> Option<&PciDevice> {
        match &self.source {
            HostdevSource::Pci(pci) => Some(pci),
            _ => None,
        }
    }

    fn read_source(el: El<'_>, r: &mut Reader) -> Option<HostdevSource> {
        let mode = match el.get("mode") {
            Some(_) => r.attr_as(UNSUPPORTED_BEFORE_11_3, el, "mode")?,
            None => HostdevMode::Subsystem,
        };
        let missing = Class::Xml;
        let kind: HostdevType = r.required_as(missing, Class::Unsupported, el, "type")?;
        let of_mode = match kind {
            HostdevType::Storage | HostdevType::Misc | HostdevType::Net => HostdevMode::Capabilities,
            _ => HostdevMode::Subsystem,
        };
        if mode != of_mode {
            let message = format!("`<hostdev>` of mode `{mode}` cannot have the type `{kind}`");
            r.refuse(&HOSTDEV_TYPE, el.pos().attr("type"), message);
            return None;
        }
        let source = r.need(el, "source")?;
        refuse_misplaced(kind, el, source, r);
        Some(match kind {
            HostdevType::Usb => HostdevSource::Usb(UsbDevice::read(source, r)),
            HostdevType::Pci => HostdevSource::Pci(PciDevice::read(el, source, r)),
            HostdevType::Scsi => HostdevSource::Scsi(Box::new(ScsiDevice::read(el, source, r)?)),
            HostdevType::ScsiHost => HostdevSource::ScsiHost(ScsiHost::read(el, source, r)?),
            HostdevType::Mdev => HostdevSource::Mdev(Mdev::read(el, source, r)?),
            HostdevType::Storage => {
                HostdevSource::Capability(Capability::Storage { block: text(source, "block", r)? })
            }
            HostdevType::Misc => {
                HostdevSource::Capability(Capability::Misc { char: text(source, "char", r)? })
            }
            HostdevType::Net => HostdevSource::Capability(Capability::Net {
                interface: text(source, "interface", r)?,
                ips: read::all(el, "ip", r),
                routes: read::all(el, "route", r),
            }),
        })
    }
}

/// Refuses children of `<source>` that are not known, as earlier releases do.
fn refuse_unknown(source: El<'_>, kind: &str, known: &[&str], r: &mut Reader) {
    if let Some(other) = source.elements().find(|child| !known.contains(&child.name())) {
        let message = format!("`<source>` of a {kind} device has a `<{}>`", other.name());
        r.refuse(&HOSTDEV_SOURCE_CHILD, other.pos(), message);
    }
}

/// The text of a mandatory child; an empty text is read as absent.
fn text(source: El<'_>, name: &'static str, r: &mut Reader) -> Option<String> {
    r.need(source, name).map(El::text).filter(|t| !t.is_empty())
}

/// Refuses attributes of other types.
fn refuse_misplaced(kind: HostdevType, el: El<'_>, source: El<'_>, r: &mut Reader) {
    use HostdevType::{Mdev, Scsi, ScsiHost, Usb};
    if let Some(policy) = source.get("startupPolicy")
        && kind != Usb
    {
        let message = format!("`startupPolicy` (`{policy}`) is only for type `usb`");
        r.refuse(&HOSTDEV_STARTUP_POLICY, source.pos().attr("startupPolicy"), message);
    }
    let rows: [(&'static str, &[HostdevType]); 3] =
        [("sgio", &[Scsi]), ("rawio", &[Scsi]), ("model", &[Mdev, ScsiHost])];
    for (name, kinds) in rows {
        if let Some(value) = el.get(name)
            && !kinds.contains(&kind)
        {
            let message = format!("`{name}` (`{value}`) is not for hostdev type `{kind}`");
            r.refuse(&HOSTDEV_ATTRIBUTE, el.pos().attr(name), message);
        }
    }
}

impl Element for Hostdev {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let source = Self::read_source(el, r)?;
        // libvirt reads `<readonly>` and `<shareable>` for SCSI LUNs only.
        let scsi = matches!(source, HostdevSource::Scsi(_));
        Some(Self {
            info: DeviceInfo::read(el, r),
            managed: r.lenient(el, "managed"),
            teaming: r.child_since("7.1", el, "teaming").and_then(|t| Teaming::read(t, r)),
            readonly: scsi && el.child("readonly").is_some(),
            shareable: scsi && el.child("shareable").is_some(),
            source,
        })
    }

    fn write(&self, w: &mut Writer) {
        let subsystem = !matches!(self.source, HostdevSource::Capability(_));
        let mode = if subsystem { HostdevMode::Subsystem } else { HostdevMode::Capabilities };
        let tag = w.element("hostdev").attr("mode", mode).attr("type", self.source.kind());
        let tag = tag.opt("managed", self.managed.filter(|_| subsystem));
        self.source.write_attributes(tag).children(|w| {
            self.source.write(w);
            read::write_opt(self.teaming.as_ref(), w);
            for (name, there) in [("readonly", self.readonly), ("shareable", self.shareable)] {
                if there {
                    w.element(name).empty();
                }
            }
            self.info.write(w);
        });
    }
}

impl HostdevSource {
    fn write_attributes<'w>(&self, tag: Tag<'w>) -> Tag<'w> {
        match self {
            Self::Scsi(scsi) => tag.opt("sgio", scsi.sgio).opt("rawio", scsi.rawio),
            Self::ScsiHost(host) => tag.opt("model", host.model),
            Self::Mdev(mdev) => {
                tag.attr("model", mdev.model).opt("display", mdev.display).opt("ramfb", mdev.ramfb)
            }
            Self::Pci(pci) => tag.opt("display", pci.display).opt("ramfb", pci.ramfb),
            Self::Usb(_) | Self::Capability(_) => tag,
        }
    }

    fn write(&self, w: &mut Writer) {
        match self {
            Self::Usb(usb) => usb.write(None, w),
            Self::Pci(pci) => pci.write(None, w),
            Self::Scsi(scsi) => scsi.write(w),
            Self::ScsiHost(host) => host.write(w),
            Self::Mdev(mdev) => mdev.write(w),
            Self::Capability(capability) => capability.write(w),
        }
    }
}

impl Capability {
    fn write(&self, w: &mut Writer) {
        w.element("source").children(|w| match self {
            Self::Storage { block } => w.text_element("block", block),
            Self::Misc { char } => w.text_element("char", char),
            Self::Net { interface, .. } => w.text_element("interface", interface),
        });
        if let Self::Net { ips, routes, .. } = self {
            read::write_all(ips, w);
            read::write_all(routes, w);
        }
    }
}

/// The device of the host that is assigned as an interface of type `hostdev`.
#[derive(Debug, Clone, PartialEq)]
pub enum InterfaceDevice {
    /// A PCI device.
    Pci(PciDevice),
    /// A USB device.
    Usb(UsbDevice),
}

impl Default for InterfaceDevice {
    fn default() -> Self {
        Self::Pci(PciDevice::default())
    }
}

/// The source of an interface of type `hostdev`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HostInterface {
    /// `managed=`: whether libvirt detaches the device from its driver on the host, and attaches it again.
    pub managed: Option<YesNo>,
    /// `<source>`: the device of the host.
    pub device: InterfaceDevice,
}

impl HostInterface {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        let managed = r.lenient(el, "managed");
        let source = el.child("source");
        let address = source.and_then(|source| source.child("address"));
        let word = address.and_then(|a| a.get("type")).filter(|word| !word.is_empty());
        let vendor = source.and_then(|source| source.child("vendor"));
        let (Some(source), Some(kind)) = (source, word.or(vendor.map(|_| "usb"))) else {
            let message = "`<source>` of an interface of type `hostdev` has no `<address type=>`";
            let place = source.map_or(el.pos().path("source"), |source| source.pos().into());
            r.refuse(&NET_HOSTDEV_ADDRESS, place, message);
            return Self { managed, ..Self::default() };
        };
        let device = match kind {
            "usb" => {
                refuse_misplaced(HostdevType::Usb, el, source, r);
                Some(UsbDevice::read(source, r))
                    .filter(|usb| usb.product.is_some() || usb.address.is_some())
                    .map_or_else(InterfaceDevice::default, InterfaceDevice::Usb)
            }
            "pci" => {
                refuse_misplaced(HostdevType::Pci, el, source, r);
                InterfaceDevice::Pci(PciDevice::read(el, source, r))
            }
            _ => {
                let message = format!(
                    "an interface of type `hostdev` has address type `{kind}`, expected `pci` or `usb`"
                );
                r.refuse(&NET_HOSTDEV_ADDRESS_TYPE, source.pos().path("address/@type"), message);
                InterfaceDevice::default()
            }
        };
        Self { managed, device }
    }

    pub(super) fn write(&self, w: &mut Writer) {
        match &self.device {
            InterfaceDevice::Pci(pci) => pci.write(Some("pci"), w),
            InterfaceDevice::Usb(usb) => usb.write(Some("usb"), w),
        }
    }
}

impl Devices {
    /// The devices of the host that are assigned to the guest, in libvirt's order: interfaces of type `hostdev`,
    /// `<hostdev>`, then interfaces of type `network` whose network assigned a device.
    pub fn assigned(&self) -> impl Iterator<Item = DeviceId> + '_ {
        let nic = |network: bool| {
            let of_kind = move |nic: &Interface| {
                nic.actual_kind() == InterfaceType::Hostdev
                    && (nic.kind() == InterfaceType::Network) == network
            };
            let found = self.interfaces.iter().enumerate().filter(move |(_, nic)| of_kind(nic));
            found.map(|(index, _)| DeviceId { kind: DeviceKind::Interface, index })
        };
        let plain = (0..self.hostdevs.len()).map(|index| DeviceId { kind: DeviceKind::Hostdev, index });
        nic(false).chain(plain).chain(nic(true))
    }
}
