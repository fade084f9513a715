//! Rules on `<interface>`.

mod actual;

use std::net::IpAddr;

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::net::{
    BackendType, Interface, InterfaceType, KnownModel, NicModel, Source, TeamingType, VhostMode,
};
use virtargv_model::info::Address;
use virtargv_model::{Place, YesNo};

use super::{vhost_user, virtio};
use crate::{Context, Findings};

crate::rules! {
    /// User networking through passt needs a stream back end.
    PASST_STREAM = "net-passt-stream": Unsupported, Validate, "interface/backend; -netdev stream";
    /// QEMU has user networking of its own only where it was built with it.
    USER_BACKEND = "net-user-backend": Unsupported, Validate, "interface/backend; -netdev user";
    /// A guest cannot be told routes.
    GUEST_ROUTE = "net-guest-route": Unsupported, Validate, "interface/route; QEMU sets no routes in a guest";
    /// User networking has no peer addresses.
    GUEST_PEER = "net-guest-peer": Unsupported, Validate, "interface/ip; -netdev user";
    /// User networking has one network of each family.
    GUEST_IP_COUNT = "net-guest-ip-count": Unsupported, Validate, "interface/ip; -netdev user takes one net= and one ipv6-prefix=";
    /// The IPv4 network of user networking has a prefix of 4 to 27 bits.
    GUEST_IPV4_PREFIX = "net-guest-ipv4-prefix": Xml, Validate, "interface/ip; -netdev user,net= holds servers of its own";
    /// The IPv6 network of user networking has a prefix of 64 bits.
    GUEST_IPV6_PREFIX = "net-guest-ipv6-prefix": Unsupported, Validate, "interface/ip; -netdev user,ipv6-prefixlen=";
    /// The IPv6 network of user networking once had a prefix of up to 120 bits.
    GUEST_IPV6_LONG = "net-guest-ipv6-long": Xml, Validate, "interface/ip; -netdev user,ipv6-prefixlen=";
    /// A guest's addresses can only be given for user networking.
    GUEST_IP = "net-guest-ip": Unsupported, Validate, "interface/ip; only user networking has a DHCP server";
    /// vDPA needs a QEMU that has it.
    VDPA = "net-vdpa": Unsupported, Validate, "interface; -netdev vhost-vdpa";
    /// vDPA is virtio in hardware, so the card is virtio.
    VDPA_MODEL = "net-vdpa-model": Unsupported, Validate, "interface/model; -netdev vhost-vdpa";
    /// Sizes of virtio queues are powers of two.
    QUEUE_SIZE = "net-queue-size": Unsupported, Validate, "interface/driver; virtio-net rx_queue_size=, tx_queue_size=";
    /// Receive side scaling needs a QEMU that has it.
    RSS = "net-rss": Unsupported, Validate, "interface/driver; virtio-net rss=, hash=";
    /// The packets' size can be set only where the host's side is under control.
    MTU_TYPE = "net-mtu-type": Unsupported, Validate, "interface/mtu; the host's device is set too";
    /// Paired cards need a QEMU that has failover.
    TEAMING = "net-teaming": Unsupported, Validate, "interface/teaming; virtio-net failover=";
    /// The card of a pair that stays is virtio.
    TEAMING_PERSISTENT_MODEL = "net-teaming-persistent-model": Unsupported, Validate, "interface/teaming; virtio-net failover=";
    /// The card of a pair that may go is the host's.
    TEAMING_TRANSIENT_TYPE = "net-teaming-transient-type": Unsupported, Validate, "interface/teaming; vfio-pci failover_pair_id=";
    /// Interrupts can be gathered only where the host's side is a tap on a bridge.
    COALESCE_TYPE = "net-coalesce-type": Unsupported, Validate, "interface/coalesce; the host's device is set";
    /// Addresses and routes of the host's side need a device of its own.
    HOST_IP = "net-host-ip": Unsupported, Validate, "interface/source/ip; only type ethernet has a device that is the guest's alone";
    /// Only a tap of type ethernet may be made by somebody else.
    UNMANAGED_TAP = "net-unmanaged-tap": Unsupported, Validate, "interface/target; only type ethernet leaves the device alone";
    /// The card of a pair that stays names no other.
    TEAMING_PAIR_EXTRA = "net-teaming-pair-extra": Unsupported, Validate, "interface/teaming; only the transient card names its partner";
    /// Ports can be isolated on a Linux bridge only.
    ISOLATED = "net-isolated": Unsupported, Validate, "interface/port; a bridge port's isolated flag";
    /// Passt moves packets of user networking and vhost-user.
    PASST_TYPE = "net-passt-type": Internal, Validate, "interface/backend; passt is a user-mode process";
    /// Ports are forwarded by passt.
    PORT_FORWARD = "net-port-forward": Unsupported, Validate, "interface/portForward; passt -t, -u";
    /// Ports are forwarded from somewhere.
    PORT_RANGE = "net-port-range": Unsupported, Validate, "interface/portForward/range; passt -t, -u";
    /// vhost-user goes through a socket.
    VHOSTUSER_PATH = "net-vhostuser-path": Xml, Validate, "interface/source; -chardev socket,path=";
    /// vhost-user is a virtio card's other half.
    VHOSTUSER_MODEL = "net-vhostuser-model": Internal, Validate, "interface/model; -netdev vhost-user";
    /// Only the side that connects can do so again.
    VHOSTUSER_RECONNECT = "net-vhostuser-reconnect": Unsupported, Validate, "interface/source/reconnect; -chardev socket,reconnect=";
    /// A network must be known to the host.
    NETWORK_UNKNOWN = "net-network-unknown": NoNetwork, Build, "interface/source; the network says what the interface is connected to";
    /// VLAN tags need a switch or a card that handles them.
    VLAN = "net-vlan": Unsupported, Build, "interface/vlan; the host's bridge, switch or card does the tagging";
    /// The host's cards have no limits.
    BANDWIDTH_HOSTDEV = "net-bandwidth-hostdev": Unsupported, Build, "interface/bandwidth; packets of a host's card do not pass the host";
    /// Ports can be isolated on a Linux bridge only, once it is known what the network is.
    ACTUAL_ISOLATED = "net-actual-isolated": Unsupported, Build, "interface/port; a bridge port's isolated flag";
    /// The card of a pair that may go is the host's, once it is known what the network is.
    ACTUAL_TEAMING = "net-actual-teaming": Unsupported, Build, "interface/teaming; vfio-pci failover_pair_id=";
    /// Several queues need a back end that has them.
    MULTIQUEUE = "net-multiqueue": Unsupported, Build, "interface/driver; -netdev tap, vhost-user, vhost-vdpa";
    /// Several queues of vhost-user need a QEMU that has them.
    VHOSTUSER_MULTIQUEUE = "net-vhostuser-multiqueue": Unsupported, Build, "interface/driver; -netdev vhost-user,queues=";
    /// The way packets leave needs a QEMU that can be told.
    TX_MODE = "net-tx-mode": Unsupported, Build, "interface/driver; virtio-net tx=";
    /// Sizes of queues need a QEMU that can be told.
    QUEUE_SIZE_OPTION = "net-queue-size-option": Unsupported, Build, "interface/driver; virtio-net rx_queue_size=, tx_queue_size=";
    /// The packets' size needs a QEMU that can be told.
    MTU_OPTION = "net-mtu-option": Unsupported, Build, "interface/mtu; virtio-net host_mtu=";
    /// Filters work on a bridge's tap alone.
    FILTER = "net-filter": Unsupported, Build, "interface/filterref; filters are rules of the host's bridge";
    /// Only taps are made from a device that makes taps.
    TAP_PATH = "net-tap-path": Unsupported, Build, "interface/backend; /dev/net/tun or another";
    /// A script is run for a device of QEMU's own.
    SCRIPT = "net-script": Unsupported, Build, "interface/script; `script=` of `-netdev tap`";
    /// An interface is of a type that QEMU has a backend for.
    BACKEND = "net-backend": Unsupported, Build, "interface/@type; `-netdev`";
    /// The network card of a board is not connected to a vhost-user process.
    VHOSTUSER_BOARD = "net-vhostuser-board": Unsupported, Build, "interface/@type; `-netdev vhost-user` wants a virtio device";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let format_first = cx.caps.release().has(Convention::FormatRulesFirst);
    for nic in &cx.domain.devices.interfaces {
        if format_first {
            check_format(nic, out);
        }
        check_guest_side(cx, nic, out);
        check_card(cx, nic, out);
        check_teaming(cx, nic, out);
        if !format_first {
            check_format(nic, out);
        }
    }
    for nic in &cx.domain.devices.interfaces {
        actual::check(cx, nic, out);
    }
}

/// What is said to the guest.
fn check_guest_side(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    let passt = nic.backend.kind == Some(BackendType::Passt);
    match nic.kind() {
        InterfaceType::User => {
            if passt && !cx.has(Cap::NetdevStream) {
                let message = "backend 'passt' needs network back end 'stream', which this QEMU lacks";
                out.refuse(&PASST_STREAM, nic.info.pos.path("backend/@type"), message);
            }
            if !passt && cx.caps.release().has(Convention::UserNetworkingAsked) && !cx.has(Cap::NetdevUser) {
                let message = "backend 'default' needs network back end 'user', which this QEMU lacks";
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
                format!("addresses and routes of the guest cannot be set for interface type '{kind}'");
            out.refuse(&GUEST_IP, nic.info.pos.path("ip"), message);
        }
        _ => {}
    }
}

fn check_user_addresses(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    let ip = |attribute| nic.info.pos.path(attribute);
    if let Some(route) = nic.routes.first() {
        let message = format!("route to '{}' cannot be set in a guest", route.address);
        out.refuse(&GUEST_ROUTE, nic.info.pos.path("route"), message);
    }
    let whole = cx.caps.release().has(Convention::UserIpv6Whole);
    let mut seen = (false, false);
    for address in &nic.ips {
        if let Some(peer) = address.peer {
            let message = format!("peer address '{peer}' cannot be set for a guest");
            out.refuse(&GUEST_PEER, ip("ip/@peer"), message);
        }
        let before = match address.address {
            IpAddr::V4(_) => std::mem::replace(&mut seen.0, true),
            IpAddr::V6(_) => std::mem::replace(&mut seen.1, true),
        };
        if before {
            let message = format!("address '{}' is the second of its family", address.address);
            out.refuse(&GUEST_IP_COUNT, ip("ip"), message);
        }
        let Some(prefix) = address.prefix else { continue };
        if address.address.is_ipv4() && !(4..=27).contains(&prefix) {
            let message = format!("prefix '{prefix}' of '{}' is not from 4 to 27", address.address);
            out.refuse(&GUEST_IPV4_PREFIX, ip("ip/@prefix"), message);
        }
        if address.address.is_ipv4() {
            continue;
        }
        if prefix > 120 && !whole {
            let message = format!("prefix '{prefix}' of '{}' is over 120", address.address);
            out.refuse(&GUEST_IPV6_LONG, ip("ip/@prefix"), message);
        }
        if prefix != 64 && whole {
            let message = format!("prefix '{prefix}' of '{}' is not 64", address.address);
            out.refuse(&GUEST_IPV6_PREFIX, ip("ip/@prefix"), message);
        }
    }
}

fn check_vdpa(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    if !cx.has(Cap::NetdevVhostVdpa) {
        let message = "interface type 'vdpa' needs network back end 'vhost-vdpa', which this QEMU lacks";
        out.refuse(&VDPA, nic.info.pos.path("@type"), message);
    }
    if nic.model != Some(KnownModel::Virtio.into()) {
        let message = format!("interface type 'vdpa' has model '{}', it can only be 'virtio'", model(nic));
        out.refuse(&VDPA_MODEL, nic.info.pos.path("model/@type"), message);
    }
}

fn model(nic: &Interface) -> &str {
    nic.model.as_ref().map_or("none", NicModel::as_str)
}

/// What the card is asked for.
fn check_card(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
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
            let message = format!("this QEMU has no option '{name}' ('{value}') for virtio network cards");
            out.refuse(&RSS, place.clone(), message);
        }
    }
    virtio::available(cx, driver.virtio, &place, out);
}

fn check_teaming(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    let kind = nic.kind();
    let passt = nic.backend.kind == Some(BackendType::Passt);
    let mtu_works = match kind {
        InterfaceType::Network
        | InterfaceType::Bridge
        | InterfaceType::Ethernet
        | InterfaceType::Vhostuser => true,
        InterfaceType::User => passt,
        _ => false,
    };
    if let Some(mtu) = nic.mtu.filter(|_| !mtu_works) {
        let message = format!("element 'mtu' ('{mtu}') does not work with interface type '{kind}'");
        out.refuse(&MTU_TYPE, nic.info.pos.path("mtu/@size"), message);
    }
    if let Some(teaming) = &nic.teaming {
        if !cx.has(Cap::VirtioNetFailover) {
            let message = "element 'teaming' needs feature 'virtio-net.failover', which this QEMU lacks";
            out.refuse(&TEAMING, teaming.pos, message);
        }
        if teaming.kind == Some(TeamingType::Persistent) && !nic.is_virtio() {
            let message =
                format!("teaming type 'persistent' needs a card of model 'virtio', not '{}'", model(nic));
            out.refuse(&TEAMING_PERSISTENT_MODEL, nic.info.pos.path("model/@type"), message);
        }
        if teaming.kind == Some(TeamingType::Transient)
            && !matches!(kind, InterfaceType::Hostdev | InterfaceType::Network)
        {
            let message =
                format!("teaming type 'transient' needs an interface of type 'hostdev', not '{kind}'");
            out.refuse(&TEAMING_TRANSIENT_TYPE, nic.info.pos.path("@type"), message);
        }
    }
    if nic.coalesce.is_some() && !matches!(kind, InterfaceType::Network | InterfaceType::Bridge) {
        let message = format!("element 'coalesce' does not work with interface type '{kind}'");
        out.refuse(&COALESCE_TYPE, nic.info.pos.path("coalesce"), message);
    }
}

/// What holds for every hypervisor.
fn check_format(nic: &Interface, out: &mut Findings<'_>) {
    check_host_side(nic, out);
    if !nic.is_virtio() {
        virtio::absent(nic.driver.virtio, &nic.info.pos.path("driver"), out);
    }
    check_backend(nic, out);
}

/// Who moves the packets.
fn check_backend(nic: &Interface, out: &mut Findings<'_>) {
    let kind = nic.kind();
    let place = |path| nic.info.pos.path(path);
    let passt = nic.backend.kind == Some(BackendType::Passt);
    let user_mode = matches!(kind, InterfaceType::User | InterfaceType::Vhostuser);
    if passt && !user_mode {
        let message =
            format!("backend 'passt' works with interface type 'user' or 'vhostuser', not '{kind}'");
        out.refuse(&PASST_TYPE, place("backend/@type"), message);
    }
    if !(nic.port_forwards.is_empty() || passt && user_mode) {
        let message = format!(
            "element 'portForward' works only with backend 'passt' and interface type 'user' or 'vhostuser', \
             this is type '{kind}'"
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
                "interface type 'vhostuser' has 'type' of model '{}', it can only be 'virtio'",
                model(nic)
            );
            out.refuse(&VHOSTUSER_MODEL, place("model/@type"), message);
        }
        let reconnects = source.reconnect.as_ref().is_some_and(|r| r.enabled == Some(YesNo::Yes));
        if reconnects && source.mode == Some(VhostMode::Server) {
            let message = "element 'reconnect' does not go with mode 'server' of interface type 'vhostuser'";
            out.refuse(&VHOSTUSER_RECONNECT, place("source/reconnect"), message);
        }
    }
}

/// The host's end.
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
                format!("target that is not 'managed' needs interface type 'ethernet', not '{kind}'");
            out.refuse(&UNMANAGED_TAP, place("target/@managed"), message);
        }
    }
    if let Some(teaming) = &nic.teaming
        && teaming.kind == Some(TeamingType::Persistent)
        && let Some(partner) = &teaming.persistent
    {
        let message = format!("teaming type 'persistent' has an attribute 'persistent' ('{partner}')");
        out.refuse(&TEAMING_PAIR_EXTRA, teaming.pos.path("@persistent"), message);
    }
    if nic.isolated == Some(YesNo::Yes) {
        let port = nic.virtual_port.as_ref().and_then(|p| p.kind);
        if !matches!(kind, InterfaceType::Network | InterfaceType::Bridge) {
            let message = format!("port that is isolated ('yes') does not work with interface type '{kind}'");
            out.refuse(&ISOLATED, place("port/@isolated"), message);
        } else if let Some(port) = port {
            let message =
                format!("port that is isolated ('yes') does not work with virtualport type '{port}'");
            out.refuse(&ISOLATED, place("port/@isolated"), message);
        }
    }
}

/// Holds what is only found while the line is built.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    for nic in cx.domain.devices.interfaces.iter().filter(|n| n.actual_kind() != InterfaceType::Hostdev) {
        let source = nic.actual_source();
        if let Some(script) = &nic.script
            && *source != Source::Ethernet
        {
            let message = format!("script '{script}' does not run for interface type '{}'", source.kind());
            out.refuse(&SCRIPT, nic.info.pos.path("script"), message);
        }
        if matches!(source, Source::Null | Source::Vds(_)) {
            let message = format!("QEMU has no network back end for interface type '{}'", source.kind());
            out.refuse(&BACKEND, nic.info.pos.path("@type"), message);
        }
        let is_device = matches!(nic.info.address, Some(Address::Pci(_) | Address::VirtioMmio));
        if cx.guest.arch.is_arm() && !is_device && nic.actual_kind() == InterfaceType::Vhostuser {
            let message = "an interface of type 'vhostuser' cannot be a card of this board's own";
            out.refuse(&VHOSTUSER_BOARD, nic.info.pos, message);
        }
    }
}
