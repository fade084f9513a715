//! `<interface>`: a network interface of the guest and what it is connected to.

mod backend;
pub(crate) mod bandwidth;
mod driver;
pub(crate) mod ip;
pub(crate) mod mac;
pub(crate) mod model;
pub(crate) mod options;
pub(crate) mod source;
pub(crate) mod virtual_port;

pub use backend::{Backend, BackendType};
pub use bandwidth::{Bandwidth, Rate};
pub use driver::{Driver, DriverName, GuestOffloads, HostOffloads, TxMode};
pub use ip::{Family, IpAddress, PortForward, PortRange, Protocol, Route};
pub use mac::{Mac, MacAddress, MacType};
pub use model::{KnownModel, NicModel};
pub use options::{
    Coalesce, FilterParameter, FilterRef, GuestNames, LinkState, NativeMode, Target, Teaming, TeamingType,
    Vlan, VlanTag,
};
pub use source::{BridgeMode, InterfaceType, NetworkSource, Socket, Source, VdsSource, VhostMode, VhostUser};
pub use virtual_port::{VirtualPort, VirtualPortType};

use super::virtio::VirtioOptions;
use crate::info::DeviceInfo;
use crate::read::{self, El, Element, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::Writer;
use crate::{Class, YesNo};

crate::rules! {
    /// The `<source>` of an interface of type `ethernet` has no `dev`.
    NET_ETHERNET_DEV = "net-ethernet-dev": Xml, Read,
        "`<interface type='ethernet'>`: the tap device is named by `<target dev=>`",
        help "use `<target dev=>` instead of `<source dev=>`", until "9.0";
    /// An interface has one `<filterref>` at most.
    NET_FILTER_TWICE = "net-filter-twice": Xml, Read,
        "`<interface><filterref>`: one network filter, which may refer to others",
        help "keep one `<filterref>`, whose filter refers to the others", until "9.0";
    /// A `<virtualport>` is given only for interfaces of type `network`, `bridge`, `direct` or `hostdev`.
    NET_VIRTUALPORT_TYPE = "net-virtualport-type": Unsupported, Read,
        "`<interface><virtualport>`: the interfaces that can be connected to a port of a switch",
        help "remove `<virtualport>`, or change the interface's `type=`";
}

/// `<interface>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Interface {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `type=` and `<source>`: what it is connected to.
    pub source: Source,
    /// `<ip>` of `<source>`: addresses of the host side.
    pub host_ips: Vec<IpAddress>,
    /// `<route>` of `<source>`: routes of the host side.
    pub host_routes: Vec<Route>,
    /// `trustGuestRxFilters=`: whether the host follows changes of MAC address and receive filters by the guest.
    pub trust_guest_rx_filters: Option<YesNo>,
    /// `<mac>`.
    pub mac: Option<Mac>,
    /// `<virtualport>`.
    pub virtual_port: Option<Box<VirtualPort>>,
    /// `<bandwidth>`.
    pub bandwidth: Option<Box<Bandwidth>>,
    /// `<vlan>`.
    pub vlan: Option<Vlan>,
    /// `<port isolated=>`: whether it is isolated from other isolated ports of the bridge.
    pub isolated: Option<YesNo>,
    /// `<ip>`: addresses of the guest side.
    pub ips: Vec<IpAddress>,
    /// `<route>`: routes of the guest side.
    pub routes: Vec<Route>,
    /// `<portForward>`: ports of the host that are forwarded to the guest.
    pub port_forwards: Vec<PortForward>,
    /// `<script path=>`: the script that sets up the host side.
    pub script: Option<String>,
    /// `<downscript path=>`: the script that tears down the host side.
    pub downscript: Option<String>,
    /// `<backenddomain name=>` (Xen).
    pub backend_domain: Option<String>,
    /// `<target>`: the network device on the host.
    pub target: Option<Target>,
    /// `<guest>`: names of the network device in the guest (containers).
    pub guest: Option<GuestNames>,
    /// `<model type=>`: the network device that the guest sees.
    pub model: Option<NicModel>,
    /// `<driver>` of an emulated network device.
    pub driver: Driver,
    /// `<backend>`.
    pub backend: Backend,
    /// `<filterref>`: the network filter.
    pub filter: Option<FilterRef>,
    /// `<tune><sndbuf>`: the size of the send buffer of the tap device, in bytes.
    pub sndbuf: Option<u64>,
    /// `<teaming>`: its role in a teaming pair.
    pub teaming: Option<Teaming>,
    /// `<link state=>`.
    pub link: Option<LinkState>,
    /// `<mtu size=>`: the MTU, in bytes.
    pub mtu: Option<u32>,
    /// `<coalesce>`.
    pub coalesce: Option<Coalesce>,
    /// The actual connection that the virtual network allocated. It is not part of the document.
    pub actual: Option<Box<Actual>>,
}

/// The actual connection of an interface of type `network`, which its virtual network allocated.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Actual {
    /// What the interface is connected to: the bridge of a virtual network, a bridge, a network device or a PCI
    /// function.
    pub source: Source,
    /// The virtual port.
    pub virtual_port: Option<VirtualPort>,
    /// The bandwidth limits.
    pub bandwidth: Option<Bandwidth>,
    /// The VLANs.
    pub vlan: Option<Vlan>,
    /// Whether it is isolated from other isolated ports of the bridge.
    pub isolated: Option<YesNo>,
    /// Whether the host follows changes of MAC address and receive filters by the guest.
    pub trust_guest_rx_filters: Option<YesNo>,
}

impl Interface {
    /// The `type=` in the document.
    pub fn kind(&self) -> InterfaceType {
        self.source.kind()
    }

    /// The actual source: what the virtual network allocated, else the source in the document.
    pub fn actual_source(&self) -> &Source {
        self.actual.as_ref().map_or(&self.source, |a| &a.source)
    }

    /// The type of the actual source.
    pub fn actual_kind(&self) -> InterfaceType {
        self.actual_source().kind()
    }

    /// The actual virtual port.
    pub fn actual_virtual_port(&self) -> Option<&VirtualPort> {
        self.actual.as_ref().map_or(self.virtual_port.as_deref(), |a| a.virtual_port.as_ref())
    }

    /// The actual VLANs.
    pub fn actual_vlan(&self) -> Option<&Vlan> {
        self.actual.as_ref().map_or(self.vlan.as_ref(), |a| a.vlan.as_ref())
    }

    /// The actual bandwidth limits.
    pub fn actual_bandwidth(&self) -> Option<&Bandwidth> {
        self.actual.as_ref().map_or(self.bandwidth.as_deref(), |a| a.bandwidth.as_ref())
    }

    /// Whether it is actually isolated from other isolated ports of the bridge.
    pub fn actual_isolated(&self) -> Option<YesNo> {
        self.actual.as_ref().map_or(self.isolated, |a| a.isolated)
    }

    /// Whether the network device is a virtio device.
    pub fn is_virtio(&self) -> bool {
        self.model.as_ref().is_some_and(NicModel::is_virtio)
    }

    /// The role in a teaming pair, where it has one.
    pub fn teaming_type(&self) -> Option<TeamingType> {
        self.teaming.as_ref().and_then(|t| t.kind)
    }
}

impl Element for Interface {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let kind = r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "type").unwrap_or_default();
        refuse_of_earlier_releases(kind, el, r);
        let host_side = el.child("source");
        // libvirt's order: it decides which problem comes first.
        let mut interface = Self {
            trust_guest_rx_filters: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "trustGuestRxFilters"),
            model: el.child("model").and_then(|m| NicModel::read(m, r)),
            host_ips: host_side.map(|s| read::all(s, "ip", r)).unwrap_or_default(),
            host_routes: host_side.map(|s| read::all(s, "route", r)).unwrap_or_default(),
            source: Source::read(kind, el, r),
            virtual_port: read_virtual_port(kind, el, r).map(Box::new),
            target: el.child("target").and_then(|t| Target::read(t, r)),
            guest: el.child("guest").map(GuestNames::read),
            script: path(el, "script"),
            downscript: path(el, "downscript"),
            backend_domain: el.child("backenddomain").and_then(|b| b.string("name")),
            filter: kind.takes_filter().then(|| read::one(el, "filterref", r)).flatten(),
            bandwidth: el
                .child("bandwidth")
                .and_then(|b| Bandwidth::of_interface(b, kind == InterfaceType::Network, r))
                .map(Box::new),
            vlan: read::one(el, "vlan", r),
            mac: read::one(el, "mac", r),
            info: DeviceInfo::read(el, r),
            ips: read::all(el, "ip", r),
            routes: read::all(el, "route", r),
            port_forwards: read::all_since("9.0", el, "portForward", r),
            ..Self::default()
        };
        let emulated_virtio = kind != InterfaceType::Hostdev && interface.is_virtio();
        if let Some(driver) = el.child("driver") {
            interface.driver = if emulated_virtio {
                Driver::read(driver, r)
            } else {
                Driver { virtio: VirtioOptions::read(driver, r), ..Driver::default() }
            };
        }
        if let Some(backend) = el.child("backend") {
            interface.backend = Backend::read(backend, r);
            interface.backend.vhost = interface.backend.vhost.filter(|_| emulated_virtio);
        }
        interface.link = el.child("link").and_then(|l| r.attr_as(Class::Unsupported, l, "state"));
        interface.teaming = read::one(el, "teaming", r);
        interface.sndbuf = el.child("tune").and_then(|t| r.child_text(t, "sndbuf"));
        interface.mtu = el.child("mtu").and_then(|m| r.attr(m, "size"));
        interface.coalesce = el.child("coalesce").and_then(|c| Coalesce::read(c, r));
        interface.isolated = el.child("port").and_then(|p| r.attr(p, "isolated"));
        Some(interface)
    }

    fn write(&self, w: &mut Writer) {
        let tag = w.element("interface").attr("type", self.kind());
        let tag = match &self.source {
            Source::Hostdev(h) => tag.opt("managed", h.managed.filter(|m| m.is_yes())),
            _ => tag,
        };
        tag.opt("trustGuestRxFilters", self.trust_guest_rx_filters).children(|w| self.write_children(w));
    }
}

impl Interface {
    fn write_children(&self, w: &mut Writer) {
        read::write_opt(self.mac.as_ref(), w);
        self.source.write(&self.host_ips, &self.host_routes, w);
        read::write_opt(self.vlan.as_ref(), w);
        read::write_opt(self.virtual_port.as_deref(), w);
        if let Some(bandwidth) = &self.bandwidth {
            bandwidth.write(w);
        }
        if let Some(isolated) = self.isolated {
            w.element("port").attr("isolated", isolated).empty();
        }
        read::write_all(&self.ips, w);
        read::write_all(&self.routes, w);
        read::write_all(&self.port_forwards, w);
        for (name, path) in [("script", &self.script), ("downscript", &self.downscript)] {
            if let Some(path) = path {
                w.element(name).attr("path", path).empty();
            }
        }
        if let Some(name) = &self.backend_domain {
            w.element("backenddomain").attr("name", name).empty();
        }
        if let Some(target) = &self.target {
            target.write(w);
        }
        if let Some(guest) = &self.guest {
            guest.write(w);
        }
        if let Some(model) = &self.model {
            w.element("model").attr("type", model).empty();
        }
        self.driver.write(w);
        self.backend.write(w);
        read::write_opt(self.filter.as_ref(), w);
        if let Some(sndbuf) = self.sndbuf {
            w.element("tune").children(|w| w.text_element("sndbuf", sndbuf));
        }
        read::write_opt(self.teaming.as_ref(), w);
        if let Some(state) = self.link {
            w.element("link").attr("state", state).empty();
        }
        if let Some(size) = self.mtu {
            w.element("mtu").attr("size", size).empty();
        }
        if let Some(coalesce) = &self.coalesce {
            coalesce.write(w);
        }
        self.info.write(w);
    }
}

/// Refuses what only earlier releases refuse.
fn refuse_of_earlier_releases(kind: InterfaceType, el: El<'_>, r: &mut Reader) {
    if kind == InterfaceType::Ethernet
        && let Some(source) = el.child("source")
        && let Some(dev) = source.get("dev")
    {
        let message = format!(
            "`dev` (`{dev}`) of `<source>` is not for interface type `{kind}`, `<target>` and `<guest>` name its devices"
        );
        r.refuse(&NET_ETHERNET_DEV, source.pos().attr("dev"), message);
    }
    if let Some(second) = el.children("filterref").nth(1) {
        let message = "`<interface>` has more than one `<filterref>`";
        r.refuse_second(&NET_FILTER_TWICE, second, message);
    }
}

/// `path=` of the child `name`.
fn path(el: El<'_>, name: &str) -> Option<String> {
    el.child(name).and_then(|c| c.string("path")).filter(|p| !p.is_empty())
}

/// `<virtualport>`, which only some types have.
fn read_virtual_port(kind: InterfaceType, el: El<'_>, r: &mut Reader) -> Option<VirtualPort> {
    let child = el.child("virtualport")?;
    match kind {
        InterfaceType::Network => VirtualPort::read_partial(child, r),
        InterfaceType::Bridge | InterfaceType::Direct | InterfaceType::Hostdev => {
            VirtualPort::read_complete(child, r)
        }
        _ => {
            let message = format!("`<virtualport>` is not for an interface of type `{kind}`");
            r.refuse(&NET_VIRTUALPORT_TYPE, child.pos(), message);
            None
        }
    }
}
