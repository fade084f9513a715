//! `-netdev`: the network backend of an interface.

use std::net::IpAddr;

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::net::Interface;

use super::NicDevice;
use crate::Props;
use crate::emit::context::Emit;
use crate::emit::device::chardev_source::{Chardev, add_fd};
use crate::needs::{Need, Process, Role};
use crate::prepare::descriptor::Passed;
use crate::prepare::device::net::{NetBackend, Tap, TapAccess, Vdpa};
use crate::text::{Piece, Text, text};

/// The properties of the network backend.
pub(super) fn props(e: &mut Emit<'_>, nic: NicDevice<'_>, backend: &NetBackend) -> Props {
    let mut props = match backend {
        NetBackend::Tap(tap) => self::tap(e, tap),
        NetBackend::Socket(key, address) => Props::new("type", "socket").with(*key, address.clone()),
        NetBackend::Udp { remote, local } => {
            Props::new("type", "socket").with("udp", remote.clone()).with("localaddr", local.clone())
        }
        NetBackend::Passt { path, reconnect, helper } => {
            e.need_helper(path, Process::Passt, Some(helper));
            passt(e, path, *reconnect)
        }
        NetBackend::Slirp(socket) => Props::new("type", "socket").with("fd", text!(e.pass(socket))),
        NetBackend::User => user(&nic),
        NetBackend::Internal => Props::new("type", "user"),
        NetBackend::VhostUser(socket) => {
            let chardev = Chardev::new(socket, nic.alias).emit(e);
            Props::new("type", "vhost-user").with("chardev", chardev).opt("queues", nic.driver.queues)
        }
        NetBackend::Vdpa(vdpa) => Props::new("type", "vhost-vdpa")
            .with("vhostdev", self::vdpa(e, vdpa))
            .opt("queues", nic.driver.queues),
    };
    let id_last = e.release().has(Convention::NetdevIdLast);
    if !id_last {
        props.set("id", id(nic.alias));
    }
    if let NetBackend::Tap(tap) = backend {
        vhost(e, &mut props, tap);
        props.set_opt("sndbuf", nic.sndbuf);
    }
    if id_last {
        props.set("id", id(nic.alias));
    }
    props
}

/// The id of the backend of an interface.
pub(super) fn id(alias: &str) -> Text {
    text!("host", alias)
}

/// The properties of a tap device. Where QEMU opens it by name, it runs no script.
fn tap(e: &Emit<'_>, tap: &Tap) -> Props {
    let props = Props::new("type", "tap");
    let props = match &tap.access {
        TapAccess::Passed { taps, .. } => descriptors(e, props, "fd", "fds", taps),
        TapAccess::Named(name) => props
            .with("ifname", name.clone())
            .with("script", "no")
            .with("downscript", "no")
            .opt("queues", Some(tap.queues).filter(|queues| *queues > 1)),
    };
    let (name, joins, owner) = (tap.name.clone(), tap.joins.clone(), e.owner().to_owned());
    e.need(Need::Tap { name, queues: tap.queues, joins, device: tap.device.clone(), owner });
    props
}

/// Adds `vhost=on` and its descriptors (vhost-net).
fn vhost(e: &Emit<'_>, props: &mut Props, tap: &Tap) {
    if !tap.vhost {
        return;
    }
    props.set("vhost", true);
    match &tap.access {
        TapAccess::Passed { vhosts, .. } => {
            *props = descriptors(e, std::mem::take(props), "vhostfd", "vhostfds", vhosts);
        }
        TapAccess::Named(_) => e.need_path("/dev/vhost-net", Role::Device),
    }
}

/// Adds descriptors: one as `one=`, several as `many=` with colons between them.
fn descriptors(
    e: &Emit<'_>,
    props: Props,
    one: &'static str,
    many: &'static str,
    passed: &[Passed],
) -> Props {
    let mut list = String::new();
    for (n, passed) in passed.iter().enumerate() {
        if n > 0 {
            list.push(':');
        }
        e.pass(passed).add(&mut list);
    }
    props.with(if passed.len() == 1 { one } else { many }, list)
}

/// `vhostdev=` of a vDPA device: its path, or that of a descriptor set.
fn vdpa(e: &mut Emit<'_>, vdpa: &Vdpa) -> Text {
    match vdpa {
        Vdpa::Path(path) => {
            e.need_path(path, Role::Device);
            path.clone()
        }
        Vdpa::Passed { set, opaque } => {
            add_fd(e, set, Some(opaque.clone()));
            set.path()
        }
    }
}

/// The properties of user-mode networking by passt.
fn passt(e: &Emit<'_>, path: &Text, reconnect: u32) -> Props {
    let addr = Props::object().with("type", "unix").with("path", path.clone());
    let mut props = Props::new("type", "stream").with("addr", addr).with("server", false);
    if e.has(Cap::NetdevStreamReconnectMiliseconds) {
        props.set("reconnect-ms", u64::from(reconnect).saturating_mul(1000));
    } else if e.has(Cap::NetdevStreamReconnect) {
        props.set("reconnect", reconnect);
    }
    props
}

/// The properties of user-mode networking by QEMU itself (SLIRP).
fn user(nic: &Interface) -> Props {
    let mut props = Props::new("type", "user");
    for ip in &nic.ips {
        match (ip.address, ip.prefix) {
            (IpAddr::V4(net), Some(prefix)) => props.set("net", format!("{net}/{prefix}")),
            (IpAddr::V4(net), None) => props.set("net", net.to_string()),
            (IpAddr::V6(net), prefix) => {
                props.set("ipv6-prefix", net.to_string()).set_opt("ipv6-prefixlen", prefix)
            }
        };
    }
    props
}
