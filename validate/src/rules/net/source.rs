//! Rules on `<source>` of `<interface>`: vDPA, vhost-user and networks.

use virtargv_caps::Cap;
use virtargv_host::{Fact, HostError};
use virtargv_model::YesNo;
use virtargv_model::device::net::{BackendType, Interface, KnownModel, Source, VhostMode};

use super::model;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// An interface of type `vdpa` needs QEMU's network backend `vhost-vdpa`.
    VDPA = "net-vdpa": Unsupported, Validate,
        "`<interface type='vdpa'>` is `-netdev vhost-vdpa`, new in QEMU 5.1",
        help "use a QEMU that has `-netdev vhost-vdpa`, or another type of interface";
    /// The model of an interface of type `vdpa` is `virtio`.
    VDPA_MODEL = "net-vdpa-model": Unsupported, Validate,
        "`<interface type='vdpa'><model type=>`: a vDPA device processes virtqueues in hardware",
        help "add `<model type='virtio'/>`";
    /// The `<source>` of an interface of type `vhostuser` has a path.
    VHOSTUSER_PATH = "net-vhostuser-path": Xml, Validate,
        "`<interface type='vhostuser'><source path=>`: `path=` of `-chardev socket`, the socket of the vhost-user daemon",
        help "add `path=` to `<source>`, or `<backend type='passt'/>` to the interface", since "11.1";
    /// The model of an interface of type `vhostuser` is `virtio`.
    VHOSTUSER_MODEL = "net-vhostuser-model": Internal, Validate,
        "`<interface type='vhostuser'><model type=>`: vhost-user is a protocol for virtqueues",
        help "add `<model type='virtio'/>`";
    /// A vhost-user interface on which QEMU is the server does not reconnect.
    VHOSTUSER_RECONNECT = "net-vhostuser-reconnect": Unsupported, Validate,
        "`<interface type='vhostuser'><source mode='server'><reconnect>`: `reconnect=` of `-chardev socket` is for the side that connects",
        help "remove `<reconnect>`, or use `mode='client'`";
    /// The network of an interface is active.
    NETWORK_INACTIVE = "net-network-inactive": InvalidOperation, Build,
        "`<interface type='network'><source network=>`: the bridge of a network is there while the network is active",
        help "start the network (`virsh net-start`), or name one that is active";
    /// The network of an interface must be known to the host and have a connection to offer.
    NETWORK_UNKNOWN = "net-network-unknown": NoNetwork, Build,
        "`<interface type='network'><source network=>`: the network's definition says what the interface is connected to",
        help "define the network on the host, or name one that is defined";
}

/// Checks an interface of type `vdpa`.
pub(super) fn check_vdpa(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    if !cx.has(Cap::NetdevVhostVdpa) {
        let message = "interface type `vdpa` needs network backend `vhost-vdpa`, which this QEMU lacks";
        out.refuse(&VDPA, nic.info.pos.path("@type"), message);
    }
    if nic.model != Some(KnownModel::Virtio.into()) {
        let message = format!("interface type `vdpa` needs model `virtio`, not `{}`", model(nic));
        out.refuse(&VDPA_MODEL, nic.info.pos.path("model/@type"), message);
    }
}

/// Checks an interface of type `vhostuser`.
pub(super) fn check_vhost_user(nic: &Interface, out: &mut Findings<'_>) {
    let Source::Vhostuser(source) = &nic.source else { return };
    let place = |path| nic.info.pos.path(path);
    if source.path.is_none() && nic.backend.kind != Some(BackendType::Passt) {
        let message = "`<source>` of an interface of type `vhostuser` has no `path=`";
        out.refuse(&VHOSTUSER_PATH, place("source"), message);
    }
    if !nic.is_virtio() {
        let message =
            format!("interface type `vhostuser` needs `type` `virtio` of its model, not `{}`", model(nic));
        out.refuse(&VHOSTUSER_MODEL, place("model/@type"), message);
    }
    let reconnects = source.reconnect.as_ref().is_some_and(|r| r.enabled == Some(YesNo::Yes));
    if reconnects && source.mode == Some(VhostMode::Server) {
        let message = "`<reconnect>` is not supported for mode `server` of interface type `vhostuser`";
        out.refuse(&VHOSTUSER_RECONNECT, place("source/reconnect"), message);
    }
}

/// Checks that the host knows the network of an interface, and that it is active. Returns whether it is. No network is asked for a
/// command line that is to be read.
pub(super) fn check_network(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) -> bool {
    let Source::Network(network) = &nic.source else { return true };
    if nic.actual.is_some() {
        return true;
    }
    if cx.for_reader {
        return false;
    }
    let (place, name) = (nic.info.pos.path("source/@network"), &network.network);
    let message = format!("network `{name}` is not known to the host, or has no connection to offer");
    match cx.host.networks().network(name) {
        Ok(_) => out.refuse(&NETWORK_UNKNOWN, place, message),
        Err(error @ HostError::Inactive { .. }) => out.refuse(&NETWORK_INACTIVE, place, error.to_string()),
        Err(error) => out.unanswered(Fact::Network(name), &error, &NETWORK_UNKNOWN, place, message),
    }
    false
}
