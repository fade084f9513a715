//! `<ip>`, `<route>` and `<portForward>` of an interface.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::read::{self, El, Element, Reader, Value};
use crate::write::Writer;
use crate::{Class, YesNo};

crate::rules! {
    /// The `peer` of an `<ip>` is of the same address family as its `address`.
    NET_IP_PEER_FAMILY = "net-ip-peer-family": InvalidArgument, Read,
        "`<ip address= peer=>`: the two ends of a point-to-point link",
        help "use two IPv4 or two IPv6 addresses";
    /// An address is of the family that `family` names.
    NET_IP_FAMILY = "net-ip-family": Xml, Read, "`<ip family=>`: `ipv4` or `ipv6`",
        help "correct `family=` or the address";
    /// The `prefix` of an address is at most 32 for IPv4 and 128 for IPv6.
    NET_IP_PREFIX = "net-ip-prefix": Xml, Read, "`<ip prefix=>`: the number of bits of the network",
        help "use a shorter prefix";
    /// A `<route>` has addresses of one family, one of `netmask` and `prefix`, and a metric of at least 1.
    NET_ROUTE = "net-route": Xml, Read, "`<route family= address= netmask= prefix= gateway= metric=>`",
        help "correct the attribute that the message names";
    /// The ports of a `<range>` are at least 1.
    NET_PORT_ZERO = "net-port-zero": Xml, Read,
        "`<portForward><range start= end= to=>`: port 0 is reserved in TCP and UDP",
        help "use a port from 1 to 65535";
}

spelled! {
    /// `family=`: the address family.
    pub enum Family {
        /// IPv4.
        Ipv4 = "ipv4",
        /// IPv6.
        Ipv6 = "ipv6",
    }
}

impl Family {
    /// The family of an address.
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::Ipv4 } else { Self::Ipv6 }
    }

    /// The number of bits of an address.
    fn bits(self) -> u32 {
        match self {
            Self::Ipv4 => 32,
            Self::Ipv6 => 128,
        }
    }
}

impl Value for IpAddr {
    fn parse(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "expected an IPv4 or IPv6 address".to_owned())
    }
}

/// `<ip>`: an IP address of the host side or guest side of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpAddress {
    /// `address=`.
    pub address: IpAddr,
    /// `prefix=`: the number of bits of the network, up to 32 (IPv4) or 128 (IPv6); 0 is read as absent.
    pub prefix: Option<u32>,
    /// `peer=`: the address of the other end.
    pub peer: Option<IpAddr>,
}

impl Default for IpAddress {
    fn default() -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), prefix: None, peer: None }
    }
}

/// An address, which must be of the family in `family=` of `el`, where that is given.
fn address(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<IpAddr> {
    let address: IpAddr = r.attr(el, name)?;
    if let Some(family) = r.lenient::<Family>(el, "family")
        && Family::of(address) != family
    {
        let message = format!("address `{address}` of `<{}>` is not of the family `{family}`", el.name());
        r.refuse(&NET_IP_FAMILY, el.pos().attr(name), message);
        return None;
    }
    Some(address)
}

/// `prefix=`, which must not exceed the bits of `address`.
fn prefix(el: El<'_>, address: IpAddr, r: &mut Reader) -> Option<u32> {
    let prefix: u32 = r.attr(el, "prefix")?;
    if prefix > Family::of(address).bits() {
        let message = format!("prefix `{prefix}` of `<{}>` is too long for `{address}`", el.name());
        r.refuse(&NET_IP_PREFIX, el.pos().attr("prefix"), message);
        return None;
    }
    Some(prefix).filter(|p| *p > 0)
}

/// Refuses an element without the attribute `name`.
fn missing(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<()> {
    if el.get(name).is_some() {
        return Some(());
    }
    let message = format!("`<{}>` has no `{name}=`", el.name());
    r.refuse(&crate::read::ATTRIBUTE_MISSING, el.pos(), message);
    None
}

impl Element for IpAddress {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        missing(el, "address", r)?;
        let address = address(el, "address", r)?;
        let prefix = prefix(el, address, r);
        let peer: Option<IpAddr> = r.attr_as(Class::InvalidArgument, el, "peer");
        if let Some(peer) = peer.filter(|peer| Family::of(*peer) != Family::of(address)) {
            let message = format!("peer `{peer}` of `<ip>` is not of the family of `{address}`");
            r.refuse(&NET_IP_PEER_FAMILY, el.pos().attr("peer"), message);
        }
        Some(Self { address, prefix, peer })
    }

    fn write(&self, w: &mut Writer) {
        w.element("ip")
            .attr("address", self.address)
            .attr("family", Family::of(self.address))
            .opt("prefix", self.prefix)
            .opt("peer", self.peer)
            .empty();
    }
}

/// `<route>`: a route of the host side or guest side of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// `family=`; without it, IPv4.
    pub family: Option<Family>,
    /// `address=`: the network; without it, the default route.
    pub address: Option<IpAddr>,
    /// `netmask=` (IPv4).
    pub netmask: Option<Ipv4Addr>,
    /// `prefix=`.
    pub prefix: Option<u32>,
    /// `gateway=`.
    pub gateway: IpAddr,
    /// `metric=`, from 1.
    pub metric: Option<u32>,
}

impl Default for Route {
    fn default() -> Self {
        let gateway = Ipv6Addr::UNSPECIFIED.into();
        Self { family: Some(Family::Ipv6), address: None, netmask: None, prefix: None, gateway, metric: None }
    }
}

impl Element for Route {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        if !r.knows("12.2") {
            missing(el, "address", r)?;
        }
        missing(el, "gateway", r)?;
        let route = Self {
            family: r.attr(el, "family"),
            address: match el.get("address") {
                Some(_) => Some(r.attr(el, "address")?),
                None => None,
            },
            netmask: el.get("netmask").and_then(|m| m.parse().ok()),
            prefix: r.attr(el, "prefix"),
            gateway: r.attr(el, "gateway")?,
            metric: r.attr(el, "metric"),
        };
        route.check(el, r).then_some(route)
    }

    fn write(&self, w: &mut Writer) {
        w.element("route")
            .opt("family", self.family)
            .opt("address", self.address)
            .opt("netmask", self.netmask)
            .opt("prefix", self.prefix)
            .attr("gateway", self.gateway)
            .opt("metric", self.metric)
            .empty();
    }
}

impl Route {
    fn check(&self, el: El<'_>, r: &mut Reader) -> bool {
        let family = self.family.unwrap_or(Family::Ipv4);
        let mut valid = true;
        let mut refuse = |name: &'static str, why: &str| {
            let value = el.get(name).unwrap_or_default();
            let message = format!("`{name}` of `<route>` is `{value}`: {why}");
            r.refuse(&NET_ROUTE, el.pos().attr(name), message);
            valid = false;
        };
        for (name, address) in [("address", self.address), ("gateway", Some(self.gateway))] {
            if address.is_some_and(|address| Family::of(address) != family) {
                refuse(name, "not of the route's family");
            }
        }
        if el.get("netmask").is_some() && (self.netmask.is_none() || family == Family::Ipv6) {
            refuse("netmask", "expected an IPv4 mask, of an IPv4 route");
        }
        if self.netmask.is_some() && self.prefix.is_some() {
            refuse("prefix", "the route has a `netmask` already");
        }
        if self.prefix.is_some_and(|p| p > family.bits()) {
            refuse("prefix", "longer than an address of the route's family");
        }
        if self.metric == Some(0) {
            refuse("metric", "expected 1 or more");
        }
        valid
    }
}

spelled! {
    /// `proto=` of `<portForward>`: the protocol.
    pub enum Protocol {
        /// TCP.
        Tcp = "tcp",
        /// UDP.
        Udp = "udp",
    }
}

/// `<portForward>`: ports of the host that are forwarded to the guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortForward {
    /// `proto=`.
    pub proto: Protocol,
    /// `address=`: the address of the host that the ports are opened on.
    pub address: Option<IpAddr>,
    /// `dev=`: the network device of the host that the ports are opened on.
    pub dev: Option<String>,
    /// `<range>`: ranges of ports.
    pub ranges: Vec<PortRange>,
}

/// `<range>` of `<portForward>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PortRange {
    /// `start=`: the first port of the host.
    pub start: Option<u32>,
    /// `end=`: the last port of the host; without it, `start=`.
    pub end: Option<u32>,
    /// `to=`: the first port in the guest; without it, `start=`.
    pub to: Option<u32>,
    /// `exclude=`: whether the ports are excluded from the other ranges.
    pub exclude: Option<YesNo>,
}

impl Element for PortForward {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let proto = r.required(el, "proto")?;
        Some(Self {
            proto,
            address: r.attr(el, "address"),
            dev: el.string("dev"),
            ranges: read::all(el, "range", r),
        })
    }

    fn write(&self, w: &mut Writer) {
        w.element("portForward")
            .attr("proto", self.proto)
            .opt("address", self.address)
            .opt("dev", self.dev.as_ref())
            .children(|w| read::write_all(&self.ranges, w));
    }
}

/// An attribute with a port, which must not be 0.
fn port(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<u32> {
    let port: u32 = r.attr(el, name)?;
    if port == 0 {
        let message = format!("`{name}` of `<range>` is `0`, expected a port from 1");
        r.refuse(&NET_PORT_ZERO, el.pos().attr(name), message);
    }
    Some(port).filter(|p| *p > 0)
}

impl Element for PortRange {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self {
            start: port(el, "start", r),
            end: port(el, "end", r),
            to: port(el, "to", r),
            exclude: r.attr(el, "exclude"),
        })
    }

    fn write(&self, w: &mut Writer) {
        w.element("range")
            .opt("start", self.start)
            .opt("end", self.end)
            .opt("to", self.to)
            .opt("exclude", self.exclude)
            .empty();
    }
}
