//! Rules on `<ip>`, `<route>` and `<portForward>` of `<interface>`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use virtargv_caps::Convention;
use virtargv_model::device::net::{BackendType, Interface, InterfaceType, Route};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A `<route>` of the guest cannot be given to QEMU.
    GUEST_ROUTE = "net-guest-route": Unsupported, Validate,
        "`<interface><route>`: neither `-netdev user` nor passt sets routes in a guest",
        help "remove `<route>`, and configure the route inside the guest";
    /// The routes that passt tells a guest are one default route of each family.
    PASST_ROUTE = "net-passt-route": Unsupported, Validate,
        "`<interface><route gateway=>`: `--gateway` of passt",
        help "keep one `<route gateway=>` of each family, without other attributes", since "12.2";
    /// An `<ip>` of the guest has no peer address.
    GUEST_PEER = "net-guest-peer": Unsupported, Validate,
        "`<interface><ip peer=>`: `-netdev user` and passt have no option for the address of a peer",
        help "remove `peer=` from `<ip>`";
    /// The guest side of user networking has at most one IPv4 and one IPv6 address.
    GUEST_IP_COUNT = "net-guest-ip-count": Unsupported, Validate,
        "`<interface><ip>`: `-netdev user` takes one `net=` and one `ipv6-prefix=`",
        help "keep one `<ip family='ipv4'>` and one `<ip family='ipv6'>`";
    /// The IPv4 prefix of user networking is from 4 to 27.
    GUEST_IPV4_PREFIX = "net-guest-ipv4-prefix": Xml, Validate,
        "`<interface><ip prefix=>`: `-netdev user,net=` needs addresses for its own gateway, DNS and DHCP servers",
        help "set `prefix=` to a value from 4 to 27";
    /// The IPv6 prefix of user networking is 64.
    GUEST_IPV6_PREFIX = "net-guest-ipv6-prefix": Unsupported, Validate,
        "`<interface><ip family='ipv6' prefix=>`: `-netdev user,ipv6-prefixlen=` works with stateless autoconfiguration, which needs 64 bits",
        help "set `prefix='64'`",
        since "9.0";
    /// The IPv6 prefix of user networking is at most 120.
    GUEST_IPV6_LONG = "net-guest-ipv6-long": Xml, Validate,
        "`<interface><ip family='ipv6' prefix=>`: `-netdev user,ipv6-prefixlen=` needs addresses for its own servers",
        help "set `prefix=` to 120 or less; 64 is what autoconfiguration needs",
        until "9.0";
    /// Only an interface of type `user`, or one served by passt, has `<ip>` and `<route>` of the guest.
    GUEST_IP = "net-guest-ip": Unsupported, Validate,
        "`<interface><ip>`: only `-netdev user` and passt hand addresses out to a guest",
        help "remove `<ip>` and `<route>` and configure the addresses inside the guest, or use `type='user'`";
    /// Only an interface of type `ethernet` has addresses and routes of the host's side.
    HOST_IP = "net-host-ip": Unsupported, Validate,
        "`<interface><source><ip>`, `<route>`: only the tap device of type `ethernet` belongs to no bridge or network",
        help "remove `<ip>` and `<route>` from `<source>`, or use `type='ethernet'`";
    /// Only an interface of type `user` or `vhostuser` with backend `passt` has `<portForward>`.
    PORT_FORWARD = "net-port-forward": Unsupported, Validate,
        "`<interface><portForward>`: passt forwards the ports, with its options `-t` and `-u`",
        help "add `<backend type='passt'/>` to an interface of type `user` or `vhostuser`, or remove `<portForward>`";
    /// A `<range>` of forwarded ports with `end=`, `to=` or `exclude=` has a `start=`.
    PORT_RANGE = "net-port-range": Unsupported, Validate,
        "`<interface><portForward><range>`: passt counts the other ports from the first one",
        help "add `start=` to `<range>`";
}

/// The addresses that `-netdev user` or passt hands out.
pub(super) fn check_user(cx: &Context<'_>, nic: &Interface, passt: bool, out: &mut Findings<'_>) {
    let ip = |attribute| nic.info.pos.path(attribute);
    if passt && cx.release.has(Convention::PasstRoutes) {
        check_passt_routes(nic, out);
    } else if let Some(route) = nic.routes.first() {
        let message = format!("QEMU cannot set a route (to `{}`) in a guest", destination(route));
        out.refuse(&GUEST_ROUTE, nic.info.pos.path("route"), message);
    }
    let mut seen = (false, false);
    for address in &nic.ips {
        if let Some(peer) = address.peer {
            let message = format!("QEMU cannot set a peer address (`{peer}`) in a guest");
            out.refuse(&GUEST_PEER, ip("ip/@peer"), message);
        }
        let before = match address.address {
            IpAddr::V4(_) => std::mem::replace(&mut seen.0, true),
            IpAddr::V6(_) => std::mem::replace(&mut seen.1, true),
        };
        if before {
            let message = format!(
                "address `{}` is the second of its family, user networking takes one of each",
                address.address
            );
            out.refuse(&GUEST_IP_COUNT, ip("ip"), message);
        }
        let Some(prefix) = address.prefix else { continue };
        if address.address.is_ipv4() && !(4..=27).contains(&prefix) {
            let message =
                format!("prefix `{prefix}` of address `{}` is not between 4 and 27", address.address);
            out.refuse(&GUEST_IPV4_PREFIX, ip("ip/@prefix"), message);
        }
        if address.address.is_ipv4() {
            continue;
        }
        if prefix > 120 {
            let message = format!("prefix `{prefix}` of address `{}` is greater than 120", address.address);
            out.refuse(&GUEST_IPV6_LONG, ip("ip/@prefix"), message);
        }
        if prefix != 64 {
            let message = format!("prefix `{prefix}` of address `{}` is not 64", address.address);
            out.refuse(&GUEST_IPV6_PREFIX, ip("ip/@prefix"), message);
        }
    }
}

/// The network that a route is to, for messages.
fn destination(route: &Route) -> IpAddr {
    let any = match route.gateway {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    route.address.unwrap_or(any)
}

/// passt tells the guest a default gateway of each family.
fn check_passt_routes(nic: &Interface, out: &mut Findings<'_>) {
    let place = || nic.info.pos.path("route");
    let mut seen = (false, false);
    for route in &nic.routes {
        let plain = route.address.is_none_or(|address| address.is_unspecified())
            && route.prefix.is_none_or(|prefix| prefix == 0)
            && route.netmask.is_none()
            && route.metric.is_none();
        if !plain {
            let message =
                format!("the route by `{}` is not a default route with a gateway only", route.gateway);
            out.refuse(&PASST_ROUTE, place(), message);
        }
        let before = match route.gateway {
            IpAddr::V4(_) => std::mem::replace(&mut seen.0, true),
            IpAddr::V6(_) => std::mem::replace(&mut seen.1, true),
        };
        if before {
            let message = format!("gateway `{}` is the second of its family", route.gateway);
            out.refuse(&PASST_ROUTE, place(), message);
        }
    }
}

/// Checks that an interface whose backend hands out no addresses has none of the guest's.
pub(super) fn check_none(nic: &Interface, out: &mut Findings<'_>) {
    if !nic.routes.is_empty() || !nic.ips.is_empty() {
        let message = format!(
            "addresses and routes of the guest are not supported for interface type `{}`",
            nic.kind()
        );
        out.refuse(&GUEST_IP, nic.info.pos.path("ip"), message);
    }
}

/// Checks that only type `ethernet` has addresses and routes of the host's side.
pub(super) fn check_host_side(nic: &Interface, out: &mut Findings<'_>) {
    let kind = nic.kind();
    let is_given = !nic.host_ips.is_empty() || !nic.host_routes.is_empty();
    if is_given && kind != InterfaceType::Ethernet {
        let message =
            format!("addresses and routes of the host's side need interface type `ethernet`, not `{kind}`");
        out.refuse(&HOST_IP, nic.info.pos.path("source/ip"), message);
    }
}

/// Checks that passt forwards the ports, and that their ranges have a start.
pub(super) fn check_port_forwards(nic: &Interface, out: &mut Findings<'_>) {
    let kind = nic.kind();
    let passt = nic.backend.kind == Some(BackendType::Passt)
        && matches!(kind, InterfaceType::User | InterfaceType::Vhostuser);
    if !nic.port_forwards.is_empty() && !passt {
        let message = format!(
            "`<portForward>` needs backend `passt` and interface type `user` or `vhostuser`, this is type \
             `{kind}`"
        );
        out.refuse(&PORT_FORWARD, nic.info.pos.path("portForward"), message);
    }
    let ranges = nic.port_forwards.iter().flat_map(|f| &f.ranges);
    for range in
        ranges.filter(|r| r.start.is_none() && (r.end.is_some() || r.to.is_some() || r.exclude.is_some()))
    {
        let port = range.end.or(range.to).map(|p| p.to_string()).unwrap_or_default();
        let message =
            format!("`<range>` of `portForward` with `end`, `to` (`{port}`) or `exclude` needs `start`");
        out.refuse(&PORT_RANGE, nic.info.pos.path("portForward/range"), message);
    }
}
