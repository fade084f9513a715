//! `type=` and `<source>` of an interface: what it is connected to.

use super::{IpAddress, Route};
use crate::device::chardev_source::Reconnect;
use crate::device::hostdev::{HostInterface, InterfaceDevice};
use crate::info::PciAddress;
use crate::read::{self, El, INTERNAL_BEFORE_9_0, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::Writer;
use crate::{Convention, Message, Rule};

crate::rules! {
    /// The `<source>` of a vhost-user interface has a `type`.
    NET_VHOSTUSER_TYPE_MISSING = "net-vhostuser-type-missing": Unsupported, Read,
        "`<interface type='vhostuser'><source type='unix'>`",
        help "add `type='unix'`", until "11.1";
    /// The `<source>` of a vhost-user interface has a `path` and a `mode`.
    NET_VHOSTUSER_SOURCE_MISSING = "net-vhostuser-source-missing": Internal, Read,
        "`<interface type='vhostuser'><source path= mode=>`: the UNIX socket of the vhost-user process",
        help "add `path=` and `mode='server'` or `mode='client'`", until "11.1";
    /// The `<source>` of an interface has the attributes that its type needs.
    NET_SOURCE_MISSING = "net-source-missing": Xml (Internal before "9.0"), Read,
        "such as `network=` for type `network`, `bridge=` for `bridge`, `dev=` for `direct` and `vdpa`, `address=` and `port=` for sockets",
        help "add the attribute that the message names";
    /// The `<source>` of a vhost-user interface is of type `unix`.
    NET_VHOSTUSER_TYPE = "net-vhostuser-type": Unsupported, Read,
        "`<interface type='vhostuser'><source type=>`: vhost-user runs over UNIX sockets",
        help "use `type='unix'`";
}

spelled! {
    /// `type=` of `<interface>`.
    #[derive(Default)]
    pub enum InterfaceType {
        /// QEMU's user networking or passt: a private network with NAT.
        #[default]
        User = "user",
        /// A tap device that is connected outside libvirt.
        Ethernet = "ethernet",
        /// A vhost-user process.
        Vhostuser = "vhostuser",
        /// A TCP socket that listens.
        Server = "server",
        /// A TCP socket that connects.
        Client = "client",
        /// A multicast group.
        Mcast = "mcast",
        /// A virtual network of libvirt.
        Network = "network",
        /// A bridge of the host.
        Bridge = "bridge",
        /// An internal network of the hypervisor (VirtualBox).
        Internal = "internal" of "VirtualBox",
        /// A network device of the host, by macvtap.
        Direct = "direct",
        /// A network device of the host that is assigned to the guest.
        Hostdev = "hostdev",
        /// UDP datagrams.
        Udp = "udp",
        /// A vDPA device: virtio in hardware.
        Vdpa = "vdpa",
        /// Not connected.
        Null = "null" since "8.7" of "bhyve",
        /// A distributed switch (VMware).
        Vds = "vds" since "8.7" of "VMware",
    }
}

impl InterfaceType {
    /// Whether libvirt reads `<filterref>` for this type.
    pub fn takes_filter(self) -> bool {
        matches!(self, Self::Ethernet | Self::Network | Self::Bridge)
    }

    /// Whether the guest's packets go through a tap device.
    pub fn is_tap(self) -> bool {
        matches!(self, Self::Ethernet | Self::Network | Self::Bridge | Self::Direct)
    }
}

spelled! {
    /// `mode=` of a source of type `direct`: the macvtap mode.
    pub enum BridgeMode {
        /// All packets go to the external switch.
        Vepa = "vepa",
        /// Packets between guests on the device are delivered directly.
        Bridge = "bridge",
        /// Packets between guests on the device are dropped.
        Private = "private",
        /// The device is used by the guest exclusively.
        Passthrough = "passthrough",
    }
}

spelled! {
    /// `mode=` of a source of type `vhostuser`.
    pub enum VhostMode {
        /// QEMU listens.
        Server = "server",
        /// QEMU connects.
        Client = "client",
    }
}

/// `type=` and `<source>`: what an interface is connected to.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// `type='user'`
    User {
        /// `dev=`: the network device of the host that passt uses.
        dev: Option<String>,
    },
    /// `type='ethernet'`
    Ethernet,
    /// `type='vhostuser'`
    Vhostuser(VhostUser),
    /// `type='server'`
    Server(Socket),
    /// `type='client'`
    Client(Socket),
    /// `type='mcast'`
    Mcast(Socket),
    /// `type='udp'`
    Udp {
        /// `address=` and `port=`: where datagrams are sent.
        remote: Socket,
        /// `<local>`: where datagrams are received.
        local: Socket,
    },
    /// `type='network'`
    Network(NetworkSource),
    /// `type='bridge'`
    Bridge {
        /// `bridge=`: the name of the bridge.
        bridge: String,
    },
    /// `type='internal'`
    Internal {
        /// `name=` of the network.
        name: String,
    },
    /// `type='direct'`
    Direct {
        /// `dev=`: the network device of the host.
        dev: String,
        /// `mode=`: the macvtap mode.
        mode: Option<BridgeMode>,
    },
    /// `type='hostdev'`
    Hostdev(Box<HostInterface>),
    /// `type='vdpa'`
    Vdpa {
        /// `dev=`: the path of the vhost-vdpa device.
        dev: String,
    },
    /// `type='null'`
    Null,
    /// `type='vds'`
    Vds(VdsSource),
}

impl Default for Source {
    fn default() -> Self {
        Self::User { dev: None }
    }
}

/// A vhost-user process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VhostUser {
    /// `path=` of the UNIX socket.
    pub path: Option<String>,
    /// `mode=`.
    pub mode: Option<VhostMode>,
    /// `<reconnect>`.
    pub reconnect: Option<Reconnect>,
    /// `dev=`: the network device of the host that passt uses.
    pub dev: Option<String>,
}

/// An address and a port of TCP or UDP.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Socket {
    /// `address=`; optional for type `server`.
    pub address: Option<String>,
    /// `port=`.
    pub port: i32,
}

/// A virtual network of libvirt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkSource {
    /// `network=`: its name.
    pub network: String,
    /// `portgroup=`.
    pub portgroup: Option<String>,
    /// `portid=`: the UUID of the network port, in a running domain.
    pub portid: Option<String>,
}

/// A port of a distributed switch (VMware).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VdsSource {
    /// `switchid=`, a UUID.
    pub switch_id: String,
    /// `portid=`.
    pub port_id: Option<i64>,
    /// `portgroupid=`.
    pub portgroup_id: Option<String>,
    /// `connectionid=`.
    pub connection_id: Option<i64>,
}

impl Source {
    /// The PCI function of the host that the interface is, for type `hostdev`.
    pub fn pci_function(&self) -> Option<PciAddress> {
        match self {
            Self::Hostdev(device) => match &device.device {
                InterfaceDevice::Pci(pci) => Some(pci.address),
                InterfaceDevice::Usb(_) => None,
            },
            _ => None,
        }
    }

    /// The `type=` in the document.
    pub fn kind(&self) -> InterfaceType {
        match self {
            Self::User { .. } => InterfaceType::User,
            Self::Ethernet => InterfaceType::Ethernet,
            Self::Vhostuser(_) => InterfaceType::Vhostuser,
            Self::Server(_) => InterfaceType::Server,
            Self::Client(_) => InterfaceType::Client,
            Self::Mcast(_) => InterfaceType::Mcast,
            Self::Udp { .. } => InterfaceType::Udp,
            Self::Network(_) => InterfaceType::Network,
            Self::Bridge { .. } => InterfaceType::Bridge,
            Self::Internal { .. } => InterfaceType::Internal,
            Self::Direct { .. } => InterfaceType::Direct,
            Self::Hostdev(_) => InterfaceType::Hostdev,
            Self::Vdpa { .. } => InterfaceType::Vdpa,
            Self::Null => InterfaceType::Null,
            Self::Vds(_) => InterfaceType::Vds,
        }
    }

    /// Reads `<source>` of the interface `el`. A missing attribute is reported and left empty.
    pub(super) fn read(kind: InterfaceType, el: El<'_>, r: &mut Reader) -> Self {
        let source = el.child("source");
        let mut required = |name: &'static str| needed(el, name, kind, r).unwrap_or_default();
        match kind {
            InterfaceType::User => Self::User { dev: source.and_then(|s| r.string_since("9.0", s, "dev")) },
            InterfaceType::Ethernet => Self::Ethernet,
            InterfaceType::Null => Self::Null,
            InterfaceType::Network => Self::Network(NetworkSource {
                network: required("network"),
                portgroup: source.and_then(|s| s.string("portgroup")),
                portid: source.and_then(|s| s.string("portid")),
            }),
            InterfaceType::Bridge => Self::Bridge { bridge: required("bridge") },
            InterfaceType::Internal => Self::Internal { name: required("name") },
            InterfaceType::Vdpa => Self::Vdpa { dev: required("dev") },
            InterfaceType::Direct => {
                let dev = required("dev");
                let mode = source.and_then(|s| r.attr_as(UNSUPPORTED_BEFORE_9_0, s, "mode"));
                Self::Direct { dev, mode }
            }
            InterfaceType::Vhostuser => Self::Vhostuser(VhostUser::read(el, r)),
            InterfaceType::Server => Self::Server(Socket::read(el, kind, r)),
            InterfaceType::Client => Self::Client(Socket::read(el, kind, r)),
            InterfaceType::Mcast => Self::Mcast(Socket::read(el, kind, r)),
            InterfaceType::Udp => {
                let remote = Socket::read(el, kind, r);
                Self::Udp { remote, local: Socket::read_local(el, r) }
            }
            InterfaceType::Hostdev => Self::Hostdev(Box::new(HostInterface::read(el, r))),
            InterfaceType::Vds => Self::Vds(VdsSource {
                switch_id: required("switchid"),
                port_id: needed(el, "portid", kind, r).and_then(|_| r.attr(source?, "portid")),
                portgroup_id: needed(el, "portgroupid", kind, r),
                connection_id: needed(el, "connectionid", kind, r)
                    .and_then(|_| r.attr(source?, "connectionid")),
            }),
        }
    }

    /// Writes `<source>` with the addresses and routes of the host side.
    pub(super) fn write(&self, ips: &[IpAddress], routes: &[Route], w: &mut Writer) {
        if let Self::Hostdev(device) = self {
            device.write(w);
            return;
        }
        let tag = w.element("source");
        let tag = match self {
            Self::User { dev } => tag.opt("dev", dev.as_ref()),
            Self::Ethernet | Self::Null | Self::Hostdev(_) => tag,
            Self::Vhostuser(v) if v.path.is_some() || v.mode.is_some() => {
                tag.attr("type", "unix").opt("path", v.path.as_ref()).opt("mode", v.mode)
            }
            Self::Vhostuser(v) => tag.opt("dev", v.dev.as_ref()),
            Self::Server(s) | Self::Client(s) | Self::Mcast(s) | Self::Udp { remote: s, .. } => {
                tag.opt("address", s.address.as_ref()).attr("port", s.port)
            }
            Self::Network(n) => tag
                .attr("network", &n.network)
                .opt("portgroup", n.portgroup.as_ref())
                .opt("portid", n.portid.as_ref()),
            Self::Bridge { bridge } => tag.attr("bridge", bridge),
            Self::Internal { name } => tag.attr("name", name),
            Self::Direct { dev, mode } => tag.attr("dev", dev).opt("mode", *mode),
            Self::Vdpa { dev } => tag.attr("dev", dev),
            Self::Vds(v) => tag
                .attr("switchid", &v.switch_id)
                .opt("portid", v.port_id)
                .opt("portgroupid", v.portgroup_id.as_ref())
                .opt("connectionid", v.connection_id),
        };
        tag.children_or_nothing(|w| {
            match self {
                Self::Udp { local, .. } => {
                    let tag = w.element("local").opt("address", local.address.as_ref());
                    tag.attr("port", local.port).empty();
                }
                Self::Vhostuser(v) => read::write_opt(v.reconnect.as_ref(), w),
                _ => {}
            }
            read::write_all(ips, w);
            read::write_all(routes, w);
        });
    }
}

/// The message for an attribute that `<source>` needs.
fn missing(kind: InterfaceType, name: &str, has_source: bool) -> Message {
    let example = match (kind, name) {
        (InterfaceType::Network, "network") => "default",
        (InterfaceType::Bridge, "bridge") => "br0",
        (InterfaceType::Direct, "dev") => "eth0",
        (InterfaceType::Vdpa, "dev") => "/dev/vhost-vdpa-0",
        (InterfaceType::Vhostuser, "type") => "unix",
        (InterfaceType::Vhostuser, "path") => "/path/to/socket",
        (InterfaceType::Vhostuser, "mode") => "client",
        (_, "address") => "192.0.2.1",
        (_, "port") => "5558",
        _ => "...",
    };
    let message = Message::new(format!("`<source>` of an interface of type `{kind}` has no `{name}=`"));
    let is_whole = matches!(name, "network" | "bridge" | "dev");
    message.with_help(match (has_source, is_whole) {
        (true, true) => {
            format!("write `<source {name}='{example}'/>` in its place, with the name on your host")
        }
        (true, false) => format!("add `{name}='{example}'` to `<source>`, with your own value"),
        (false, _) => format!("add `<source {name}='{example}'/>` to `<interface>`, with your own value"),
    })
}

/// A mandatory attribute of `<source>`.
fn needed(el: El<'_>, name: &'static str, kind: InterfaceType, r: &mut Reader) -> Option<String> {
    let source = el.child("source");
    let value = source.and_then(|s| s.string(name));
    // A missing element is reported once.
    let last = r.report.iter().next_back().filter(|_| source.is_none());
    let is_missed = last.is_some_and(|last| {
        last.rule.id == NET_SOURCE_MISSING.id && last.place.element.offset() == el.pos().offset()
    });
    if value.is_none() && !is_missed {
        let message = missing(kind, name, source.is_some());
        let place = source.map_or(el.pos().path("source"), |source| source.pos().attr(name));
        r.refuse(&NET_SOURCE_MISSING, place, message);
    }
    value
}

impl VhostUser {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        let kind = InterfaceType::Vhostuser;
        let source = el.child("source");
        let needed: [(_, &'static Rule); 3] = [
            ("type", &NET_VHOSTUSER_TYPE_MISSING),
            ("path", &NET_VHOSTUSER_SOURCE_MISSING),
            ("mode", &NET_VHOSTUSER_SOURCE_MISSING),
        ];
        for (name, rule) in needed {
            // A missing element is reported once.
            if source.is_none() && name != "type" {
                break;
            }
            if source.is_none_or(|s| s.get(name).is_none()) {
                let message = missing(kind, name, source.is_some());
                let place = source.map_or(el.pos().path("source"), |source| source.pos().attr(name));
                r.refuse(rule, place, message);
            }
        }
        let Some(source) = source else { return Self::default() };
        if let Some(word) = source.get("type").filter(|t| *t != "unix") {
            let message = format!("`type` of `<source>` is `{word}`, type `{kind}` needs `unix`");
            r.refuse(&NET_VHOSTUSER_TYPE, source.pos().attr("type"), message);
        }
        Self {
            path: source.string("path"),
            mode: r.attr_as(UNSUPPORTED_BEFORE_9_0, source, "mode"),
            reconnect: read::one(source, "reconnect", r),
            dev: source.string("dev"),
        }
    }
}

impl Socket {
    fn read(el: El<'_>, kind: InterfaceType, r: &mut Reader) -> Self {
        let source = el.child("source");
        let read_address = |r: &mut Reader| match kind {
            InterfaceType::Server => source.and_then(|s| s.string("address")),
            _ => needed(el, "address", kind, r),
        };
        let port_first = r.release.has(Convention::SocketPortFirst);
        let before = if port_first { None } else { read_address(r) };
        let port = needed(el, "port", kind, r).and_then(|_| r.attr_as(INTERNAL_BEFORE_9_0, source?, "port"));
        let address = if port_first { read_address(r) } else { before };
        Self { address, port: port.unwrap_or_default() }
    }

    fn read_local(el: El<'_>, r: &mut Reader) -> Self {
        let Some(source) = el.child("source") else { return Self::default() };
        let Some(local) = source.child("local") else {
            let message = "interface type `udp` needs `<local address= port=>` in `<source>`";
            r.refuse_as(INTERNAL_BEFORE_9_0, &crate::read::ELEMENT_MISSING, el.pos().path("source"), message);
            return Self::default();
        };
        let address = r.required_as(INTERNAL_BEFORE_9_0, INTERNAL_BEFORE_9_0, local, "address");
        let port: Option<i32> = r.required_as(INTERNAL_BEFORE_9_0, INTERNAL_BEFORE_9_0, local, "port");
        Self { address, port: port.unwrap_or_default() }
    }
}
