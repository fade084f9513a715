//! Rules on `<interface>`.
//!
//! Most need the document and the capabilities only (`check`). Those of `actual` depend on what the host's network
//! connects the interface to.

mod actual;
pub mod backend;
pub mod coalesce;
pub mod driver;
pub mod ip;
pub mod mtu;
pub mod source;
pub mod teaming;

use virtargv_caps::Convention;
use virtargv_model::YesNo;
use virtargv_model::device::net::{BackendType, Interface, InterfaceType, NicModel, Source};
use virtargv_model::info::Address;

use super::{vhost_user, virtio};
use crate::{Context, Findings};

virtargv_model::rules! {
    /// Only an interface of type `ethernet` has an unmanaged tap device.
    UNMANAGED_TAP = "net-unmanaged-tap": Unsupported, Validate,
        "`<interface><target managed='no'/>`: the tap devices of the other types are created by libvirt",
        help "remove `managed=` from `<target>`, or use `type='ethernet'`";
    /// Only an interface on a Linux bridge has an isolated port.
    ISOLATED = "net-isolated": Unsupported, Validate,
        "`<interface><port isolated='yes'/>`: the flag `isolated` of a port of the kernel's bridge; Open vSwitch ports have none",
        help "remove `<port isolated='yes'/>`, or use `type='network'` or `type='bridge'` without `<virtualport>`";
    /// VLAN tags need a connection that handles them.
    VLAN = "net-vlan": Unsupported, Build,
        "`<interface><vlan>`: tagging is done by Open vSwitch, an SR-IOV host device, macvtap in mode `passthrough` and, since libvirt 11.0, a Linux bridge",
        help "remove `<vlan>`, or connect the interface to a bridge that has VLANs";
    /// An interface that is a host device has no bandwidth limits.
    BANDWIDTH_HOSTDEV = "net-bandwidth-hostdev": Unsupported, Build,
        "`<interface type='hostdev'><bandwidth>`: the packets of an assigned device do not pass the host's traffic control",
        help "remove `<bandwidth>`";
    /// An isolated port needs a network that connects to a Linux bridge.
    ACTUAL_ISOLATED = "net-actual-isolated": Unsupported, Build,
        "`<interface type='network'><port isolated='yes'/>`: the flag `isolated` of a port of the kernel's bridge",
        help "remove `<port isolated='yes'/>`, or name a network with a Linux bridge";
    /// Only an interface of type `network`, `bridge` or `ethernet` without a virtual port has a network filter.
    FILTER = "net-filter": Unsupported, Build,
        "`<interface><filterref>`: filters are ebtables and iptables rules on the host's tap device; Open vSwitch bypasses them",
        help "remove `<filterref>`, or use one of these types without `<virtualport>`";
    /// Only an interface of type `ethernet` has a script.
    SCRIPT = "net-script": Unsupported, Build,
        "`<interface><script path=>`: the script is run on the tap device of an interface of type `ethernet`",
        help "remove `<script>`, or use `type='ethernet'`";
    /// The type of an interface is one that QEMU has a backend for.
    BACKEND = "net-backend": Unsupported, Build,
        "`<interface type=>`: `-netdev`; `null` is for bhyve, `vds` for VMware",
        help "use another `type=`, such as `network` or `user`";
    /// A vhost-user interface of an Arm guest has an address of type `pci` or `virtio-mmio`.
    VHOSTUSER_BOARD = "net-vhostuser-board": Unsupported, Build,
        "`<interface type='vhostuser'>`: `-netdev vhost-user` needs a virtio device; without such an address the network device is the one on the board",
        help "use `<model type='virtio'/>` and a machine type with PCI or virtio-mmio, such as `virt`";
}

/// Checks every `<interface>` against the rules above and those of the submodules.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let format_first = cx.release.has(Convention::FormatRulesFirst);
    for nic in &cx.domain.devices.interfaces {
        if format_first {
            check_format(nic, out);
        }
        check_guest_side(cx, nic, out);
        driver::check(cx, nic, out);
        driver::check_queue_sizes(cx, nic, out);
        mtu::check(nic, out);
        mtu::check_option(cx, nic, out);
        teaming::check(cx, nic, out);
        coalesce::check(nic, out);
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
            backend::check_user(cx, nic, passt, out);
            ip::check_user(cx, nic, passt, out);
        }
        InterfaceType::Vhostuser if passt => {
            ip::check_user(cx, nic, passt, out);
            vhost_user::check(cx, "interface", nic.info.pos.path("backend/@type"), out);
        }
        InterfaceType::Vdpa => source::check_vdpa(cx, nic, out),
        _ => ip::check_none(nic, out),
    }
    if nic.kind() == InterfaceType::Vhostuser && cx.release.has(Convention::VhostUserNetShared) {
        vhost_user::check(cx, "interface", nic.info.pos, out);
    }
}

fn model(nic: &Interface) -> &str {
    nic.model.as_ref().map_or("none", NicModel::as_str)
}

/// The rules of the domain format, which do not depend on QEMU.
fn check_format(nic: &Interface, out: &mut Findings<'_>) {
    ip::check_host_side(nic, out);
    check_target(nic, out);
    teaming::check_pair(nic, out);
    check_isolated(nic, out);
    if !nic.is_virtio() {
        virtio::absent(nic.driver.virtio, &nic.info.pos.path("driver"), out);
    }
    backend::check_type(nic, out);
    backend::check_names(nic, out);
    ip::check_port_forwards(nic, out);
    source::check_vhost_user(nic, out);
}

/// The tap device on the host's side.
fn check_target(nic: &Interface, out: &mut Findings<'_>) {
    let kind = nic.kind();
    let is_unmanaged = nic.target.as_ref().is_some_and(|t| t.managed == Some(YesNo::No));
    if is_unmanaged && kind != InterfaceType::Ethernet {
        let message = format!("a target that is not `managed` needs interface type `ethernet`, not `{kind}`");
        out.refuse(&UNMANAGED_TAP, nic.info.pos.path("target/@managed"), message);
    }
}

/// The port of the host's bridge.
fn check_isolated(nic: &Interface, out: &mut Findings<'_>) {
    if nic.isolated != Some(YesNo::Yes) {
        return;
    }
    let kind = nic.kind();
    let port = nic.virtual_port.as_ref().and_then(|p| p.kind);
    let place = nic.info.pos.path("port/@isolated");
    if !matches!(kind, InterfaceType::Network | InterfaceType::Bridge) {
        let message = format!("an isolated (`yes`) port is not supported for interface type `{kind}`");
        out.refuse(&ISOLATED, place, message);
    } else if let Some(port) = port {
        let message = format!("an isolated (`yes`) port is not supported for virtualport type `{port}`");
        out.refuse(&ISOLATED, place, message);
    }
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    for nic in cx.domain.devices.interfaces.iter().filter(|n| n.actual_kind() != InterfaceType::Hostdev) {
        let source = nic.actual_source();
        if let Some(script) = &nic.script
            && *source != Source::Ethernet
        {
            let message =
                format!("script `{script}` is not supported for interface type `{}`", source.kind());
            out.refuse(&SCRIPT, nic.info.pos.path("script"), message);
        }
        if matches!(source, Source::Null | Source::Vds(_)) {
            let message = format!("QEMU has no network backend for interface type `{}`", source.kind());
            out.refuse(&BACKEND, nic.info.pos.path("@type"), message);
        }
        let is_device = matches!(nic.info.address, Some(Address::Pci(_) | Address::VirtioMmio));
        if cx.guest.arch.is_arm() && !is_device && nic.actual_kind() == InterfaceType::Vhostuser {
            let message =
                "an interface of type `vhostuser` needs an address of type `pci` or `virtio-mmio` on Arm";
            out.refuse(&VHOSTUSER_BOARD, nic.info.pos, message);
        }
    }
}
