//! `<serial>`, `<parallel>`, `<channel>`, `<console>`.

use super::chardev_source::{ChardevSource, SourceType};
use super::{DeviceId, DeviceKind, Devices};
use crate::Class;
use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader, Value};
use crate::write::{Tag, Writer};

crate::rules! {
    /// A character device of type `spicevmc` is a virtio channel.
    CHARDEV_SPICEVMC = "chardev-spicevmc": Unsupported, Read,
        "`<channel type='spicevmc'><target type='virtio'>`: the SPICE agent talks over a virtio-serial port",
        help "use a `<channel>` with `<target type='virtio'>`, or another `type=`";
    /// The `<target>` of a channel has a `type`.
    CHANNEL_TARGET_TYPE = "channel-target-type": Unsupported, Read, "`<channel><target type=>`",
        help "add `type='virtio'` or `type='guestfwd'`";
    /// The `address` of a guestfwd channel is an IPv4 address.
    CHANNEL_GUESTFWD_ADDRESS = "channel-guestfwd-address": Unsupported, Read,
        "`<channel><target type='guestfwd' address=>`: QEMU's user networking forwards IPv4 TCP (`guestfwd=`)",
        help "use an IPv4 address such as `10.0.2.1`";
}

spelled! {
    /// The bus of a serial port (`<serial><target type=>`).
    pub enum SerialTarget {
        /// The ISA bus.
        Isa = "isa-serial",
        /// USB.
        Usb = "usb-serial",
        /// PCI.
        Pci = "pci-serial",
        /// The virtual I/O bus of pseries.
        SpaprVio = "spapr-vio-serial",
        /// The board of the machine (Arm, RISC-V).
        System = "system-serial",
        /// SCLP, the service call interface of s390.
        Sclp = "sclp-serial",
        /// A debug port on the ISA bus.
        IsaDebug = "isa-debug" since "8.1",
    }
}

spelled! {
    /// `<serial><target><model name=>`: the device of a serial port.
    pub enum SerialModel {
        /// 16550A on the ISA bus.
        IsaSerial = "isa-serial",
        /// USB serial converter.
        UsbSerial = "usb-serial",
        /// 16550A on PCI.
        PciSerial = "pci-serial",
        /// Virtual terminal of pseries.
        SpaprVty = "spapr-vty",
        /// Arm PrimeCell UART.
        Pl011 = "pl011",
        /// SCLP console of s390.
        SclpConsole = "sclpconsole",
        /// SCLP line-mode console of s390.
        SclplmConsole = "sclplmconsole",
        /// 16550A on the board.
        N16550a = "16550a",
        /// The debug console of Bochs.
        IsaDebugcon = "isa-debugcon" since "8.1",
    }
}

spelled! {
    /// The device behind a console (`<console><target type=>`).
    pub enum ConsoleTarget {
        /// The first serial port.
        Serial = "serial",
        /// Paravirtual console of Xen.
        Xen = "xen" of "Xen",
        /// Console of User-mode Linux.
        Uml = "uml" of "UML",
        /// A virtio console.
        Virtio = "virtio",
        /// Console of a Linux container.
        Lxc = "lxc" of "LXC",
        /// Console of an OpenVZ container.
        Openvz = "openvz" of "OpenVZ",
        /// SCLP console of s390.
        Sclp = "sclp",
        /// SCLP line-mode console of s390.
        Sclplm = "sclplm",
    }
}

spelled! {
    /// Whether the guest has opened the channel (`<channel><target state=>`), in a running domain.
    pub enum ChannelState {
        /// Not known.
        Default = "default",
        /// Open.
        Connected = "connected",
        /// Closed.
        Disconnected = "disconnected",
    }
}

spelled! {
    /// `<channel><target type=>`: what the channel is in the guest.
    pub enum ChannelTargetType {
        /// A TCP address of QEMU's user networking.
        Guestfwd = "guestfwd",
        /// A virtio-serial port.
        Virtio = "virtio",
        /// A paravirtual channel of Xen.
        Xen = "xen" of "Xen",
    }
}

/// `<serial>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Serial {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// The backend on the host.
    pub source: ChardevSource,
    /// `<target type=>`
    pub target: Option<SerialTarget>,
    /// `<target port=>`, from 0.
    pub port: Option<u32>,
    /// `<target><model name=>`
    pub model: Option<SerialModel>,
}

/// `<parallel>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parallel {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// The backend on the host.
    pub source: ChardevSource,
    /// `<target port=>`, from 0.
    pub port: Option<u32>,
}

/// `<channel>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Channel {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// The backend on the host.
    pub source: ChardevSource,
    /// `<target>`
    pub target: ChannelTarget,
}

/// The guest end of a channel (`<channel><target>`).
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ChannelTarget {
    /// The document has no target.
    #[default]
    None,
    /// A TCP address of QEMU's user networking.
    Guestfwd {
        /// `address=`, an IPv4 address.
        address: String,
        /// `port=`: the TCP port.
        port: u32,
    },
    /// A virtio-serial port.
    Virtio {
        /// `name=`
        name: Option<String>,
        /// `state=`, in a running domain.
        state: Option<ChannelState>,
    },
    /// A paravirtual channel of Xen.
    Xen {
        /// `name=`
        name: Option<String>,
    },
}

/// `<console>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Console {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// The backend on the host.
    pub source: ChardevSource,
    /// `<target type=>`
    pub target: Option<ConsoleTarget>,
    /// `<target port=>`, from 0.
    pub port: Option<u32>,
}

impl Devices {
    /// The backend of device `id`, where it is a character device or USB redirection.
    pub fn source(&self, id: DeviceId) -> Option<&ChardevSource> {
        match id.kind {
            DeviceKind::Serial => self.serials.get(id.index).map(|device| &device.source),
            DeviceKind::Parallel => self.parallels.get(id.index).map(|device| &device.source),
            DeviceKind::Channel => self.channels.get(id.index).map(|device| &device.source),
            DeviceKind::Console => self.consoles.get(id.index).map(|device| &device.source),
            DeviceKind::Redirdev => self.redirdevs.get(id.index).map(|device| &device.source),
            _ => None,
        }
    }

    /// As [`Devices::source`], mutable.
    pub fn source_mut(&mut self, id: DeviceId) -> Option<&mut ChardevSource> {
        match id.kind {
            DeviceKind::Serial => self.serials.get_mut(id.index).map(|device| &mut device.source),
            DeviceKind::Parallel => self.parallels.get_mut(id.index).map(|device| &mut device.source),
            DeviceKind::Channel => self.channels.get_mut(id.index).map(|device| &mut device.source),
            DeviceKind::Console => self.consoles.get_mut(id.index).map(|device| &mut device.source),
            DeviceKind::Redirdev => self.redirdevs.get_mut(id.index).map(|device| &mut device.source),
            _ => None,
        }
    }
}

/// `type=` of `el`; without it, `pty`.
fn source_type(el: El<'_>, r: &mut Reader) -> SourceType {
    r.attr_as(Class::Unsupported, el, "type").unwrap_or(SourceType::Pty)
}

/// Reads the backend of a character device other than a channel.
fn source(el: El<'_>, kind: SourceType, r: &mut Reader) -> ChardevSource {
    let source = ChardevSource::read(el, kind, r);
    if kind == SourceType::SpiceVmc {
        refuse_spicevmc(el, r);
    }
    source
}

fn refuse_spicevmc(el: El<'_>, r: &mut Reader) {
    let message = format!("type `spicevmc` is for a `<channel>` of type `virtio`, not for `{}`", el.name());
    r.refuse(&CHARDEV_SPICEVMC, el.pos().attr("type"), message);
}

/// The type or model of a target; `none` is read as absent.
fn target_word<T: Value>(el: Option<El<'_>>, name: &'static str, r: &mut Reader) -> Option<T> {
    el.filter(|t| t.get(name) != Some("none")).and_then(|t| r.attr_as(Class::Unsupported, t, name))
}

fn port(target: Option<El<'_>>, r: &mut Reader) -> Option<u32> {
    target.and_then(|t| r.attr(t, "port"))
}

fn open<'w>(w: &'w mut Writer, name: &'static str, source: &ChardevSource) -> Tag<'w> {
    w.element(name).attr("type", source.kind())
}

impl Element for Serial {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let kind = source_type(el, r);
        let target = el.child("target");
        Some(Self {
            target: target_word(target, "type", r),
            model: target_word(target.and_then(|t| t.child("model")), "name", r),
            port: port(target, r),
            source: source(el, kind, r),
            info: DeviceInfo::read(el, r),
        })
    }

    fn write(&self, w: &mut Writer) {
        open(w, "serial", &self.source).children(|w| {
            self.source.write(w);
            w.element("target").opt("type", self.target).opt("port", self.port).children_or_nothing(|w| {
                if let Some(model) = self.model {
                    w.element("model").attr("name", model).empty();
                }
            });
            self.info.write(w);
        });
    }
}

impl Element for Parallel {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let kind = source_type(el, r);
        let port = port(el.child("target"), r);
        Some(Self { port, source: source(el, kind, r), info: DeviceInfo::read(el, r) })
    }

    fn write(&self, w: &mut Writer) {
        open(w, "parallel", &self.source).children(|w| {
            self.source.write(w);
            w.element("target").opt("port", self.port).children_or_nothing(|_| {});
            self.info.write(w);
        });
    }
}

impl Element for Console {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let kind = source_type(el, r);
        let target = el.child("target");
        Some(Self {
            target: target_word(target, "type", r),
            port: port(target, r),
            source: source(el, kind, r),
            info: DeviceInfo::read(el, r),
        })
    }

    fn write(&self, w: &mut Writer) {
        open(w, "console", &self.source).children(|w| {
            self.source.write(w);
            w.element("target").opt("type", self.target).opt("port", self.port).children_or_nothing(|_| {});
            self.info.write(w);
        });
    }
}

impl Element for Channel {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let kind = source_type(el, r);
        let target = ChannelTarget::read(el, r);
        let source = ChardevSource::read(el, kind, r);
        let is_other = match target {
            ChannelTarget::Virtio { .. } => false,
            // A target that could not be read is reported already.
            ChannelTarget::None => el.child("target").is_none(),
            _ => true,
        };
        if kind == SourceType::SpiceVmc && is_other {
            refuse_spicevmc(el, r);
        }
        // libvirt ignores `<address>` of a guestfwd channel.
        let mut info = DeviceInfo::read(el, r);
        if matches!(target, ChannelTarget::Guestfwd { .. }) {
            info.address = None;
        }
        Some(Self { info, source, target })
    }

    fn write(&self, w: &mut Writer) {
        open(w, "channel", &self.source).children(|w| {
            self.source.write(w);
            self.target.write(w);
            self.info.write(w);
        });
    }
}

impl ChannelTarget {
    fn read(channel: El<'_>, r: &mut Reader) -> Self {
        let Some(el) = channel.child("target") else { return Self::None };
        let known = el.get("type").is_some_and(|t| t != "none");
        if !known {
            let message = "`<target>` of a `<channel>` has no `type=`";
            r.refuse(&CHANNEL_TARGET_TYPE, el.pos().attr("type"), message);
            return Self::None;
        }
        match r.attr_as::<ChannelTargetType>(Class::Unsupported, el, "type") {
            Some(ChannelTargetType::Guestfwd) => Self::read_guestfwd(el, r),
            Some(ChannelTargetType::Virtio) => {
                Self::Virtio { name: el.string("name"), state: el.get("state").and_then(|s| s.parse().ok()) }
            }
            Some(ChannelTargetType::Xen) => Self::Xen { name: el.string("name") },
            None => Self::None,
        }
    }

    fn read_guestfwd(el: El<'_>, r: &mut Reader) -> Self {
        let address = r.required::<String>(el, "address");
        // libvirt keeps 16 bits of the number.
        let port = r.required(el, "port").map(|port: u32| port & 0xffff);
        if let Some(text) = &address
            && text.parse::<std::net::Ipv4Addr>().is_err()
        {
            let message = format!("a `guestfwd` channel needs an IPv4 address, not `address='{text}'`");
            r.refuse(&CHANNEL_GUESTFWD_ADDRESS, el.pos().attr("address"), message);
        }
        Self::Guestfwd { address: address.unwrap_or_default(), port: port.unwrap_or_default() }
    }

    /// The type.
    pub fn kind(&self) -> Option<ChannelTargetType> {
        match self {
            Self::None => None,
            Self::Guestfwd { .. } => Some(ChannelTargetType::Guestfwd),
            Self::Virtio { .. } => Some(ChannelTargetType::Virtio),
            Self::Xen { .. } => Some(ChannelTargetType::Xen),
        }
    }

    fn write(&self, w: &mut Writer) {
        let Some(kind) = self.kind() else { return };
        let tag = w.element("target").attr("type", kind);
        match self {
            Self::None => tag.empty(),
            Self::Guestfwd { address, port } => tag.attr("address", address).attr("port", port).empty(),
            Self::Virtio { name, state } => tag.opt("name", name.as_ref()).opt("state", *state).empty(),
            Self::Xen { name } => tag.opt("name", name.as_ref()).empty(),
        }
    }
}
