//! Rules on `<interface>`.
//!
//! Most need the document and the capabilities only ([`check`]). Those of [`actual`] depend on what the host's network
//! connects the interface to.

mod actual;

use std::net::IpAddr;

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::net::{
    BackendType, Interface, InterfaceType, KnownModel, NicModel, Source, TeamingType, VhostMode,
};
use virtargv_model::{Place, YesNo};

use super::{vhost_user, virtio};
use crate::{Context, Findings};

virtargv_model::rules! {
    /// An interface of type `user` with backend `passt` needs QEMU's network backend `stream`.
    PASST_STREAM = "net-passt-stream": Unsupported, Validate,
        "`<interface type='user'><backend type='passt'/>`: QEMU reaches passt through `-netdev stream`, new in QEMU 7.2",
        help "use QEMU 7.2 or later, or remove `<backend type='passt'/>`";
    /// An interface of type `user` without `<backend type='passt'/>` needs a QEMU that was built with libslirp.
    USER_BACKEND = "net-user-backend": Unsupported, Validate,
        "`<interface type='user'>` is `-netdev user`, which a QEMU that was built without libslirp lacks",
        help "add `<backend type='passt'/>`, or use a QEMU that was built with libslirp";
    /// A `<route>` of the guest cannot be given to QEMU.
    GUEST_ROUTE = "net-guest-route": Unsupported, Validate,
        "`<interface><route>`: neither `-netdev user` nor passt sets routes in a guest",
        help "remove `<route>`, and configure the route inside the guest";
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
        "`<interface><ip prefix=>`: `-netdev user,net=` needs room for the addresses of its own gateway, DNS and DHCP servers",
        help "set `prefix=` to a value from 4 to 27";
    /// The IPv6 prefix of user networking is 64.
    GUEST_IPV6_PREFIX = "net-guest-ipv6-prefix": Unsupported, Validate,
        "`<interface><ip family='ipv6' prefix=>`: `-netdev user,ipv6-prefixlen=` works with stateless autoconfiguration, which needs 64 bits",
        help "set `prefix='64'`";
    /// The IPv6 prefix of user networking is at most 120.
    GUEST_IPV6_LONG = "net-guest-ipv6-long": Xml, Validate,
        "`<interface><ip family='ipv6' prefix=>`: `-netdev user,ipv6-prefixlen=` needs room for the addresses of its own servers",
        help "set `prefix=` to 120 or less; 64 is what autoconfiguration needs";
    /// Only an interface of type `user`, or one served by passt, has `<ip>` and `<route>` of the guest.
    GUEST_IP = "net-guest-ip": Unsupported, Validate,
        "`<interface><ip>`: only `-netdev user` and passt hand addresses out to a guest",
        help "remove `<ip>` and `<route>` and configure the addresses inside the guest, or use `type='user'`";
    /// An interface of type `vdpa` needs QEMU's network backend `vhost-vdpa`.
    VDPA = "net-vdpa": Unsupported, Validate,
        "`<interface type='vdpa'>` is `-netdev vhost-vdpa`, new in QEMU 5.1",
        help "use a QEMU that has `-netdev vhost-vdpa`, or another type of interface";
    /// The model of an interface of type `vdpa` is `virtio`.
    VDPA_MODEL = "net-vdpa-model": Unsupported, Validate,
        "`<interface type='vdpa'><model type=>`: a vDPA device processes virtqueues in hardware",
        help "add `<model type='virtio'/>`";
    /// The sizes of a virtio interface's queues are powers of two.
    QUEUE_SIZE = "net-queue-size": Unsupported, Validate,
        "`<interface><driver rx_queue_size= tx_queue_size=>`: `rx_queue_size=` and `tx_queue_size=` of `virtio-net`",
        help "set the size to a power of two, such as 256, 512 or 1024";
    /// Receive side scaling needs a QEMU whose `virtio-net` has it.
    RSS = "net-rss": Unsupported, Validate,
        "`<interface><driver rss= rss_hash_report=>`: `rss=` and `hash=` of `virtio-net`",
        help "remove `rss=` and `rss_hash_report=` from `<driver>`, or use a QEMU that has them";
    /// Only interfaces of type `network`, `bridge`, `ethernet` and `vhostuser`, and those of type `user` with passt, have an MTU.
    MTU_TYPE = "net-mtu-type": Unsupported, Validate,
        "`<interface><mtu>`: the MTU is set on the host's device or daemon as well, which the other types do not let libvirt do",
        help "remove `<mtu>`, or use one of these types";
    /// Teaming needs a QEMU whose `virtio-net` has failover.
    TEAMING = "net-teaming": Unsupported, Validate,
        "`<interface><teaming>`: `failover=` of `virtio-net`, new in QEMU 4.2",
        help "remove `<teaming>`, or use QEMU 4.2 or later";
    /// The model of a persistent teaming interface is `virtio`.
    TEAMING_PERSISTENT_MODEL = "net-teaming-persistent-model": Unsupported, Validate,
        "`<interface><teaming type='persistent'/>`: `failover=` is a property of `virtio-net` alone",
        help "add `<model type='virtio'/>` to the interface";
    /// A transient teaming interface must be a host device.
    TEAMING_TRANSIENT_TYPE = "net-teaming-transient-type": Unsupported, Validate,
        "`<interface><teaming type='transient'/>`: `failover_pair_id=` is a property of `vfio-pci`",
        help "use `type='hostdev'`, or `type='network'` with a network that hands out host devices";
    /// Only interfaces of type `network` and `bridge` have `<coalesce>`.
    COALESCE_TYPE = "net-coalesce-type": Unsupported, Validate,
        "`<interface><coalesce>`: interrupt coalescing is set on the host's tap device",
        help "remove `<coalesce>`, or use `type='network'` or `type='bridge'`";
    /// Only an interface of type `ethernet` has addresses and routes of the host's side.
    HOST_IP = "net-host-ip": Unsupported, Validate,
        "`<interface><source><ip>`, `<route>`: only the tap device of type `ethernet` belongs to no bridge or network",
        help "remove `<ip>` and `<route>` from `<source>`, or use `type='ethernet'`";
    /// Only an interface of type `ethernet` has an unmanaged tap device.
    UNMANAGED_TAP = "net-unmanaged-tap": Unsupported, Validate,
        "`<interface><target managed='no'/>`: the tap devices of the other types are created by libvirt",
        help "remove `managed=` from `<target>`, or use `type='ethernet'`";
    /// A persistent teaming interface does not name its partner.
    TEAMING_PAIR_EXTRA = "net-teaming-pair-extra": Unsupported, Validate,
        "`<interface><teaming type='persistent'/>`: `persistent=` is the attribute by which the transient interface names the persistent one",
        help "remove `persistent=`, and set it on the interface with `<teaming type='transient'>`";
    /// Only an interface on a Linux bridge has an isolated port.
    ISOLATED = "net-isolated": Unsupported, Validate,
        "`<interface><port isolated='yes'/>`: the flag `isolated` of a port of the kernel's bridge; Open vSwitch ports have none",
        help "remove `<port isolated='yes'/>`, or use `type='network'` or `type='bridge'` without `<virtualport>`";
    /// Only interfaces of type `user` and `vhostuser` have the backend `passt`.
    PASST_TYPE = "net-passt-type": Internal, Validate,
        "`<interface><backend type='passt'/>`: passt speaks QEMU's stream protocol and vhost-user",
        help "use `type='user'` or `type='vhostuser'`, or remove `<backend type='passt'/>`";
    /// Only an interface of type `user` or `vhostuser` with backend `passt` has `<portForward>`.
    PORT_FORWARD = "net-port-forward": Unsupported, Validate,
        "`<interface><portForward>`: passt forwards the ports, with its options `-t` and `-u`",
        help "add `<backend type='passt'/>` to an interface of type `user` or `vhostuser`, or remove `<portForward>`";
    /// A `<range>` of forwarded ports with `end=`, `to=` or `exclude=` has a `start=`.
    PORT_RANGE = "net-port-range": Unsupported, Validate,
        "`<interface><portForward><range>`: passt counts the other ports from the first one",
        help "add `start=` to `<range>`";
    /// The `<source>` of an interface of type `vhostuser` has a path.
    VHOSTUSER_PATH = "net-vhostuser-path": Xml, Validate,
        "`<interface type='vhostuser'><source path=>`: `path=` of `-chardev socket`, the socket of the vhost-user daemon",
        help "add `path=` to `<source>`, or `<backend type='passt'/>` to the interface";
    /// The model of an interface of type `vhostuser` is `virtio`.
    VHOSTUSER_MODEL = "net-vhostuser-model": Internal, Validate,
        "`<interface type='vhostuser'><model type=>`: vhost-user is a protocol for virtqueues",
        help "add `<model type='virtio'/>`";
    /// A vhost-user interface on which QEMU is the server does not reconnect.
    VHOSTUSER_RECONNECT = "net-vhostuser-reconnect": Unsupported, Validate,
        "`<interface type='vhostuser'><source mode='server'><reconnect>`: `reconnect=` of `-chardev socket` is for the side that connects",
        help "remove `<reconnect>`, or use `mode='client'`";
    /// The network of an interface must be known to the host and have a connection to offer.
    NETWORK_UNKNOWN = "net-network-unknown": NoNetwork, Build,
        "`<interface type='network'><source network=>`: the network's definition says what the interface is connected to",
        help "define the network on the host, or name one that is defined";
    /// VLAN tags need a connection that handles them.
    VLAN = "net-vlan": Unsupported, Build,
        "`<interface><vlan>`: tagging is done by Open vSwitch, an SR-IOV host device, macvtap in mode `passthrough` and, since libvirt 11.0, a Linux bridge",
        help "remove `<vlan>`, or connect the interface to one of these";
    /// An interface that is a host device has no bandwidth limits.
    BANDWIDTH_HOSTDEV = "net-bandwidth-hostdev": Unsupported, Build,
        "`<interface type='hostdev'><bandwidth>`: the packets of an assigned device do not pass the host's traffic control",
        help "remove `<bandwidth>`";
    /// An isolated port needs a network that connects to a Linux bridge.
    ACTUAL_ISOLATED = "net-actual-isolated": Unsupported, Build,
        "`<interface type='network'><port isolated='yes'/>`: the flag `isolated` of a port of the kernel's bridge",
        help "remove `<port isolated='yes'/>`, or name a network with a Linux bridge";
    /// The network of a transient teaming interface must hand out host devices.
    ACTUAL_TEAMING = "net-actual-teaming": Unsupported, Build,
        "`<interface type='network'><teaming type='transient'/>`: `failover_pair_id=` is a property of `vfio-pci`",
        help "name a network with `<forward mode='hostdev'>`";
    /// Several queues need a tap device, vhost-user or vDPA.
    MULTIQUEUE = "net-multiqueue": Unsupported, Build,
        "`<interface><driver queues=>`: `queues=` of `-netdev tap`, `vhost-user` and `vhost-vdpa`",
        help "remove `queues=` from `<driver>`";
    /// Several queues of a vhost-user interface need a QEMU that has them.
    VHOSTUSER_MULTIQUEUE = "net-vhostuser-multiqueue": Unsupported, Build,
        "`<interface type='vhostuser'><driver queues=>`: `queues=` of `-netdev vhost-user`",
        help "remove `queues=` from `<driver>`, or use a QEMU that has it";
    /// A transmit mode needs a QEMU whose `virtio-net` has the property `tx`.
    TX_MODE = "net-tx-mode": Unsupported, Build,
        "`<interface><driver txmode=>`: `tx=` of `virtio-net`",
        help "remove `txmode=` from `<driver>`, or use a QEMU that has it";
    /// The sizes of a virtio interface's queues need a QEMU that has the properties.
    QUEUE_SIZE_OPTION = "net-queue-size-option": Unsupported, Build,
        "`<interface><driver rx_queue_size= tx_queue_size=>`: `rx_queue_size=` (QEMU 2.8) and `tx_queue_size=` (QEMU 2.10) of `virtio-net`",
        help "remove the attribute from `<driver>`, or use a QEMU that has it";
    /// The MTU of a virtio interface needs a QEMU that tells the guest.
    MTU_OPTION = "net-mtu-option": Unsupported, Build,
        "`<interface><mtu size=>`: `host_mtu=` of `virtio-net`, new in QEMU 2.9",
        help "remove `<mtu>`, or use QEMU 2.9 or later";
    /// Only an interface of type `network`, `bridge` or `ethernet` without a virtual port has a network filter.
    FILTER = "net-filter": Unsupported, Build,
        "`<interface><filterref>`: filters are ebtables and iptables rules on the host's tap device; Open vSwitch bypasses them",
        help "remove `<filterref>`, or use one of these types without `<virtualport>`";
    /// Only an interface with a tap device names the device that creates tap devices.
    TAP_PATH = "net-tap-path": Unsupported, Build,
        "`<interface><backend tap=>`: the file that libvirt opens to create a tap device, by default `/dev/net/tun`",
        help "remove `tap=` from `<backend>`";
}

/// Checks every `<interface>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let format_first = cx.release.has(Convention::FormatRulesFirst);
    for nic in &cx.domain.devices.interfaces {
        if format_first {
            check_format(nic, out);
        }
        check_guest_side(cx, nic, out);
        check_driver(cx, nic, out);
        check_mtu(nic, out);
        check_teaming(cx, nic, out);
        check_coalesce(nic, out);
        if !format_first {
            check_format(nic, out);
        }
    }
    for nic in &cx.domain.devices.interfaces {
        actual::check(cx, nic, out);
    }
}

/// The backend, and the addresses and routes that it hands out to the guest.
fn check_guest_side(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    let passt = nic.backend.kind == Some(BackendType::Passt);
    match nic.kind() {
        InterfaceType::User => {
            if passt && !cx.has(Cap::NetdevStream) {
                let message = "backend 'passt' needs network backend 'stream', which this QEMU lacks";
                out.refuse(&PASST_STREAM, nic.info.pos.path("backend/@type"), message);
            }
            if !passt && cx.release.has(Convention::UserNetworkingAsked) && !cx.has(Cap::NetdevUser) {
                let message = "backend 'default' needs network backend 'user', which this QEMU lacks";
                out.refuse(&USER_BACKEND, nic.info.pos.path("@type"), message);
            }
            check_user_addresses(cx, nic, out);
        }
        InterfaceType::Vhostuser if passt => {
            check_user_addresses(cx, nic, out);
            vhost_user::check(cx, "interface", nic.info.pos.path("backend/@type"), out);
        }
        InterfaceType::Vdpa => check_vdpa(cx, nic, out),
        kind if !nic.routes.is_empty() || !nic.ips.is_empty() => {
            let message =
                format!("addresses and routes of the guest are not supported for interface type '{kind}'");
            out.refuse(&GUEST_IP, nic.info.pos.path("ip"), message);
        }
        _ => {}
    }
}

/// The addresses that `-netdev user` or passt hands out.
fn check_user_addresses(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    let ip = |attribute| nic.info.pos.path(attribute);
    if let Some(route) = nic.routes.first() {
        let message = format!("QEMU cannot set a route (to '{}') in a guest", route.address);
        out.refuse(&GUEST_ROUTE, nic.info.pos.path("route"), message);
    }
    let whole = cx.release.has(Convention::UserIpv6Whole);
    let mut seen = (false, false);
    for address in &nic.ips {
        if let Some(peer) = address.peer {
            let message = format!("QEMU cannot set a peer address ('{peer}') in a guest");
            out.refuse(&GUEST_PEER, ip("ip/@peer"), message);
        }
        let before = match address.address {
            IpAddr::V4(_) => std::mem::replace(&mut seen.0, true),
            IpAddr::V6(_) => std::mem::replace(&mut seen.1, true),
        };
        if before {
            let message = format!(
                "address '{}' is the second of its family, user networking takes one of each",
                address.address
            );
            out.refuse(&GUEST_IP_COUNT, ip("ip"), message);
        }
        let Some(prefix) = address.prefix else { continue };
        if address.address.is_ipv4() && !(4..=27).contains(&prefix) {
            let message =
                format!("prefix '{prefix}' of address '{}' is not between 4 and 27", address.address);
            out.refuse(&GUEST_IPV4_PREFIX, ip("ip/@prefix"), message);
        }
        if address.address.is_ipv4() {
            continue;
        }
        if prefix > 120 && !whole {
            let message = format!("prefix '{prefix}' of address '{}' is greater than 120", address.address);
            out.refuse(&GUEST_IPV6_LONG, ip("ip/@prefix"), message);
        }
        if prefix != 64 && whole {
            let message = format!("prefix '{prefix}' of address '{}' is not 64", address.address);
            out.refuse(&GUEST_IPV6_PREFIX, ip("ip/@prefix"), message);
        }
    }
}

fn check_vdpa(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    if !cx.has(Cap::NetdevVhostVdpa) {
        let message = "interface type 'vdpa' needs network backend 'vhost-vdpa', which this QEMU lacks";
        out.refuse(&VDPA, nic.info.pos.path("@type"), message);
    }
    if nic.model != Some(KnownModel::Virtio.into()) {
        let message = format!("interface type 'vdpa' needs model 'virtio', not '{}'", model(nic));
        out.refuse(&VDPA_MODEL, nic.info.pos.path("model/@type"), message);
    }
}

fn model(nic: &Interface) -> &str {
    nic.model.as_ref().map_or("none", NicModel::as_str)
}

/// The options of a virtio interface's `<driver>`.
fn check_driver(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    let driver = &nic.driver;
    let place = nic.info.pos.path("driver");
    if !nic.is_virtio() {
        return;
    }
    let sizes = [("rx_queue_size", driver.rx_queue_size), ("tx_queue_size", driver.tx_queue_size)];
    for (name, size) in sizes {
        if let Some(size) = size.filter(|s| !s.is_power_of_two()) {
            out.refuse(
                &QUEUE_SIZE,
                place.clone(),
                format!("attribute '{name}' is '{size}', not a power of two"),
            );
        }
    }
    for (name, value) in [("rss", driver.rss), ("rss_hash_report", driver.rss_hash_report)] {
        if let Some(value) = value
            && !cx.has(Cap::VirtioNetRss)
        {
            let message = format!("this QEMU has no option '{name}' ('{value}') for virtio interfaces");
            out.refuse(&RSS, place.clone(), message);
        }
    }
    virtio::available(cx, driver.virtio, &place, out);
}

/// The size of the packets that the host's side and the guest use.
fn check_mtu(nic: &Interface, out: &mut Findings<'_>) {
    let kind = nic.kind();
    let passt = nic.backend.kind == Some(BackendType::Passt);
    let is_supported = match kind {
        InterfaceType::Network
        | InterfaceType::Bridge
        | InterfaceType::Ethernet
        | InterfaceType::Vhostuser => true,
        InterfaceType::User => passt,
        _ => false,
    };
    if let Some(mtu) = nic.mtu.filter(|_| !is_supported) {
        let message = format!("element 'mtu' ('{mtu}') is not supported for interface type '{kind}'");
        out.refuse(&MTU_TYPE, nic.info.pos.path("mtu/@size"), message);
    }
}

/// Two interfaces of which the guest makes one (failover).
fn check_teaming(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    let kind = nic.kind();
    if let Some(teaming) = &nic.teaming {
        if !cx.has(Cap::VirtioNetFailover) {
            let message = "element 'teaming' needs feature 'virtio-net.failover', which this QEMU lacks";
            out.refuse(&TEAMING, teaming.pos, message);
        }
        if teaming.kind == Some(TeamingType::Persistent) && !nic.is_virtio() {
            let message =
                format!("teaming type 'persistent' needs interface model 'virtio', not '{}'", model(nic));
            out.refuse(&TEAMING_PERSISTENT_MODEL, nic.info.pos.path("model/@type"), message);
        }
        if teaming.kind == Some(TeamingType::Transient)
            && !matches!(kind, InterfaceType::Hostdev | InterfaceType::Network)
        {
            let message = format!("teaming type 'transient' needs interface type 'hostdev', not '{kind}'");
            out.refuse(&TEAMING_TRANSIENT_TYPE, nic.info.pos.path("@type"), message);
        }
    }
}

/// Interrupt coalescing of the host's tap device.
fn check_coalesce(nic: &Interface, out: &mut Findings<'_>) {
    let kind = nic.kind();
    if nic.coalesce.is_some() && !matches!(kind, InterfaceType::Network | InterfaceType::Bridge) {
        let message = format!("element 'coalesce' is not supported for interface type '{kind}'");
        out.refuse(&COALESCE_TYPE, nic.info.pos.path("coalesce"), message);
    }
}

/// The rules of the domain format, which do not depend on QEMU.
fn check_format(nic: &Interface, out: &mut Findings<'_>) {
    check_host_side(nic, out);
    if !nic.is_virtio() {
        virtio::absent(nic.driver.virtio, &nic.info.pos.path("driver"), out);
    }
    check_backend(nic, out);
}

/// passt, port forwarding and vhost-user.
fn check_backend(nic: &Interface, out: &mut Findings<'_>) {
    let kind = nic.kind();
    let place = |path| nic.info.pos.path(path);
    let passt = nic.backend.kind == Some(BackendType::Passt);
    let user_mode = matches!(kind, InterfaceType::User | InterfaceType::Vhostuser);
    if passt && !user_mode {
        let message = format!("backend 'passt' needs interface type 'user' or 'vhostuser', not '{kind}'");
        out.refuse(&PASST_TYPE, place("backend/@type"), message);
    }
    if !(nic.port_forwards.is_empty() || passt && user_mode) {
        let message = format!(
            "element 'portForward' needs backend 'passt' and interface type 'user' or 'vhostuser', this is type \
             '{kind}'"
        );
        out.refuse(&PORT_FORWARD, place("portForward"), message);
    }
    let ranges = nic.port_forwards.iter().flat_map(|f| &f.ranges);
    for range in
        ranges.filter(|r| r.start.is_none() && (r.end.is_some() || r.to.is_some() || r.exclude.is_some()))
    {
        let port = range.end.or(range.to).map(|p| p.to_string()).unwrap_or_default();
        let message = format!(
            "element 'range' of 'portForward' with 'end', 'to' ('{port}') or 'exclude' needs 'start'"
        );
        out.refuse(&PORT_RANGE, place("portForward/range"), message);
    }
    if let Source::Vhostuser(source) = &nic.source {
        if source.path.is_none() && !passt {
            let message = "element 'source' of an interface of type 'vhostuser' lacks its attribute 'path'";
            out.refuse(&VHOSTUSER_PATH, place("source"), message);
        }
        if !nic.is_virtio() {
            let message = format!(
                "interface type 'vhostuser' needs 'type' 'virtio' of its model, not '{}'",
                model(nic)
            );
            out.refuse(&VHOSTUSER_MODEL, place("model/@type"), message);
        }
        let reconnects = source.reconnect.as_ref().is_some_and(|r| r.enabled == Some(YesNo::Yes));
        if reconnects && source.mode == Some(VhostMode::Server) {
            let message =
                "element 'reconnect' is not supported for mode 'server' of interface type 'vhostuser'";
            out.refuse(&VHOSTUSER_RECONNECT, place("source/reconnect"), message);
        }
    }
}

/// Addresses, tap device and bridge port on the host's side.
fn check_host_side(nic: &Interface, out: &mut Findings<'_>) {
    let kind = nic.kind();
    let place = |path: &'static str| -> Place { nic.info.pos.path(path) };
    if kind != InterfaceType::Ethernet {
        if !nic.host_ips.is_empty() || !nic.host_routes.is_empty() {
            let message = format!(
                "addresses and routes of the host's side need interface type 'ethernet', not '{kind}'"
            );
            out.refuse(&HOST_IP, place("source/ip"), message);
        }
        if nic.target.as_ref().is_some_and(|t| t.managed == Some(YesNo::No)) {
            let message =
                format!("a target that is not 'managed' needs interface type 'ethernet', not '{kind}'");
            out.refuse(&UNMANAGED_TAP, place("target/@managed"), message);
        }
    }
    if let Some(teaming) = &nic.teaming
        && teaming.kind == Some(TeamingType::Persistent)
        && let Some(partner) = &teaming.persistent
    {
        let message = format!(
            "element 'teaming' of type 'persistent' has attribute 'persistent' ('{partner}'), which is for type \
             'transient'"
        );
        out.refuse(&TEAMING_PAIR_EXTRA, teaming.pos.path("@persistent"), message);
    }
    if nic.isolated == Some(YesNo::Yes) {
        let port = nic.virtual_port.as_ref().and_then(|p| p.kind);
        if !matches!(kind, InterfaceType::Network | InterfaceType::Bridge) {
            let message = format!("an isolated ('yes') port is not supported for interface type '{kind}'");
            out.refuse(&ISOLATED, place("port/@isolated"), message);
        } else if let Some(port) = port {
            let message = format!("an isolated ('yes') port is not supported for virtualport type '{port}'");
            out.refuse(&ISOLATED, place("port/@isolated"), message);
        }
    }
}
