//! `-netdev`: what a card is connected to.

use std::net::IpAddr;

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::net::{BackendType, Interface, Socket, Source};
use virtargv_model::{Kind, Problem};

use super::{Open, PASST_RECONNECT, passt_socket};
use crate::emit::{Emit, problem};
use crate::needs::Process;
use crate::{Props, Value};

/// The properties of the network back end.
pub(super) fn props(e: &Emit<'_>, nic: &Interface, alias: &str, open: &Open) -> Result<Props, Problem> {
    let source = nic.actual_source();
    if let Some(script) = &nic.script
        && *source != Source::Ethernet
    {
        let message = format!("script '{script}' does not run for interface type '{}'", source.kind());
        return Err(problem(Kind::Unsupported, "net-script", nic.info.pos.path("script"), message));
    }
    let mut props = match source {
        Source::Ethernet | Source::Network(_) | Source::Bridge { .. } | Source::Direct { .. } => {
            let tap = Props::new("type", "tap");
            match &open.tap_name {
                Some(name) => named_tap(tap, name, nic.driver.queues),
                None => descriptors(tap, "fd", "fds", &open.taps),
            }
        }
        Source::Client(at) => Props::new("type", "socket").with("connect", end(at)),
        Source::Server(at) => Props::new("type", "socket").with("listen", end(at)),
        Source::Mcast(at) => Props::new("type", "socket").with("mcast", end(at)),
        Source::Udp { remote, local } => {
            Props::new("type", "socket").with("udp", end(remote)).with("localaddr", end(local))
        }
        Source::User { .. } => user(e, nic, alias, open),
        Source::Internal { .. } => Props::new("type", "user"),
        Source::Vhostuser(_) => Props::new("type", "vhost-user")
            .with("chardev", crate::device::chardev_source::id(alias))
            .opt("queues", nic.driver.queues),
        Source::Vdpa { .. } => Props::new("type", "vhost-vdpa")
            .opt("vhostdev", open.vdpa.as_deref())
            .opt("queues", nic.driver.queues),
        Source::Hostdev(_) | Source::Null | Source::Vds(_) => {
            let message = format!("QEMU has no network back end for interface type '{}'", source.kind());
            return Err(problem(Kind::Unsupported, "net-backend", nic.info.pos.path("@type"), message));
        }
    };
    let id_last = e.release().has(Convention::NetdevIdLast);
    if !id_last {
        props.set("id", crate::text::text!("host", alias));
    }
    if open.is_vhost {
        props.set("vhost", true);
        if open.tap_name.is_none() {
            props = descriptors(props, "vhostfd", "vhostfds", &open.vhost);
        }
    }
    if source.kind().is_tap() {
        props.set_opt("sndbuf", nic.sndbuf);
    }
    if id_last {
        props.set("id", crate::text::text!("host", alias));
    }
    Ok(props)
}

/// One descriptor under the name `one`, several under `many` with colons between.
fn descriptors(props: Props, one: &'static str, many: &'static str, fds: &[u32]) -> Props {
    let all: Vec<String> = fds.iter().map(u32::to_string).collect();
    props.with(if fds.len() == 1 { one } else { many }, all.join(":"))
}

/// A tap device that QEMU opens by its name, without running a script for it.
fn named_tap(props: Props, name: &str, queues: Option<u32>) -> Props {
    let props = props.with("ifname", name).with("script", "no").with("downscript", "no");
    props.opt("queues", queues.filter(|queues| *queues > 1))
}

/// `address:port`; a server without address listens on all.
fn end(at: &Socket) -> String {
    format!("{}:{}", at.address.as_deref().unwrap_or(""), at.port)
}

/// User networking: a passt process, a slirp process, or slirp inside QEMU.
fn user(e: &Emit<'_>, nic: &Interface, alias: &str, open: &Open) -> Props {
    if nic.backend.kind == Some(BackendType::Passt) {
        let path = passt_socket(e, alias);
        e.need_listener(&path, Process::Passt);
        let addr = Props::object().with("type", "unix").with("path", path);
        let mut props = Props::new("type", "stream").with("addr", addr).with("server", false);
        if e.has(Cap::NetdevStreamReconnectMiliseconds) {
            props.set("reconnect-ms", PASST_RECONNECT * 1000);
        } else if e.has(Cap::NetdevStreamReconnect) {
            props.set("reconnect", PASST_RECONNECT);
        }
        return props;
    }
    if let Some(fd) = open.slirp {
        return Props::new("type", "socket").with("fd", fd.to_string());
    }
    let mut props = Props::new("type", "user");
    for ip in &nic.ips {
        match (ip.address, ip.prefix) {
            (IpAddr::V4(net), Some(prefix)) => props.set("net", format!("{net}/{prefix}")),
            (IpAddr::V4(net), None) => props.set("net", net.to_string()),
            (IpAddr::V6(net), prefix) => {
                props.set("ipv6-prefix", net.to_string()).set_opt("ipv6-prefixlen", prefix.map(Value::from))
            }
        };
    }
    props
}
