//! `-drive`: the place and format of an image in one option.

use std::fmt::Write as _;

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::storage::{
    Image, ImageFormat, Location, NetHost, NetSource, Protocol, SourceType, Transport,
};
use virtargv_model::{Kind, Problem, Spelled, YesNo};

use super::objects::{Login, Objects};
use super::protocol::{self, Form, gluster_debug, split_volume};
use super::uri::{escape_query, uri};
use super::{Access, luks};
use crate::Props;
use crate::emit::{Emit, problem};
use crate::needs::Role;

/// Adds `file=` or `file.driver=` and what belongs to it.
pub(crate) fn add_file(
    e: &mut Emit<'_>,
    props: &mut Props,
    image: &Image,
    access: Access,
    objects: &Objects,
) -> Result<(), Problem> {
    match image.network() {
        Some(net) if wants_properties(e, net) => {
            let form = if e.release().has(Convention::DriveNetworkProps) { Form::Node } else { Form::Drive };
            let place = protocol::props(e, image, access, objects, "", form)?;
            props.set("file", place);
        }
        Some(net) => {
            props.set("file", network(image, net, objects)?);
            if let Some(login) = objects.auth.as_ref().filter(|a| a.is_object()) {
                props.set("file.password-secret", login.secret());
            }
            if net.protocol == Some(Protocol::Gluster) {
                props.set_opt("file.debug", gluster_debug(e));
            }
        }
        None if image.kind() == SourceType::Nvme => {
            let place = protocol::props(e, image, access, objects, "", Form::Drive)?;
            props.set("file", place);
        }
        None => {
            e.need_path(image.path().unwrap_or(""), Role::Image);
            props.set("file", local(image, access)?);
            props.set_opt("file.pr-manager", objects.reservations.as_ref());
        }
    }
    Ok(())
}

/// Adds `format=` and the key that opens it.
pub(crate) fn add_format(props: &mut Props, image: &Image, objects: &Objects) {
    let mut format = image.format.map(Spelled::as_str);
    if luks(image).is_some()
        && let Some(secret) = objects.encryption.first()
    {
        if image.format == Some(ImageFormat::Raw) {
            props.set("key-secret", secret.id.as_str());
            format = Some("luks");
        } else {
            props.set("encrypt.format", "luks").set("encrypt.key-secret", secret.id.as_str());
        }
    }
    if !matches!(image.location, Location::Dir { .. }) {
        props.set_opt("format", format);
    }
}

/// Whether a source cannot be said as a text.
fn wants_properties(e: &Emit<'_>, net: &NetSource) -> bool {
    if e.release().has(Convention::DriveNetworkProps) {
        return true;
    }
    match net.protocol {
        Some(Protocol::Gluster) => net.hosts.len() > 1,
        Some(Protocol::Iscsi) => e.has(Cap::IscsiPasswordSecret),
        Some(Protocol::Vxhs) => true,
        Some(Protocol::Nbd) => net.tls.map_or(e.host.config().nbd_tls, YesNo::is_yes),
        _ => false,
    }
}

fn local(image: &Image, access: Access) -> Result<String, Problem> {
    let path = image.path().unwrap_or("");
    match image.location {
        Location::File { .. } | Location::Block { .. } => Ok(path.to_owned()),
        Location::Dir { .. } => {
            let kind = if access.floppy { "floppy:" } else { "" };
            Ok(format!("fat:{kind}{path}"))
        }
        _ => {
            let message = format!("an image of type '{}' cannot be given with -drive", image.kind());
            Err(problem(Kind::Internal, "storage-drive", image.pos, message))
        }
    }
}

fn network(image: &Image, net: &NetSource, objects: &Objects) -> Result<String, Problem> {
    let refuse = |message: String| Err(problem(Kind::Internal, "storage-drive", image.pos, message));
    match net.protocol {
        Some(Protocol::Nbd) => nbd(image, net),
        Some(Protocol::Rbd) => rbd(image, net, objects.auth.as_ref()),
        Some(Protocol::Sheepdog) => {
            let name = net.name.as_deref().unwrap_or("");
            match net.hosts.as_slice() {
                [] => Ok(format!("sheepdog:{name}")),
                [host] => {
                    let server = host.name.as_deref().unwrap_or("");
                    Ok(format!("sheepdog:{server}:{}:{name}", host.port.unwrap_or_default()))
                }
                _ => refuse("protocol 'sheepdog' takes one host at most".to_owned()),
            }
        }
        Some(protocol @ (Protocol::Ssh | Protocol::Vxhs | Protocol::Nfs)) => {
            refuse(format!("protocol '{protocol}' cannot be given with -drive"))
        }
        Some(_) => {
            let host = protocol::only_host(image, net)?;
            let user = objects.auth.as_ref().map(|a| {
                if a.is_object() { a.username.clone() } else { format!("{}:{}", a.username, a.plain()) }
            });
            Ok(uri(net, host, user.as_deref(), query(net, host).as_deref()))
        }
        None => refuse("element 'source' lacks its attribute 'protocol'".to_owned()),
    }
}

/// The query of an address: its own, or the socket of a UNIX host.
fn query(net: &NetSource, host: &NetHost) -> Option<String> {
    match &host.socket {
        Some(socket) => Some(format!("socket={}", escape_query(socket))),
        None => net.query.clone(),
    }
}

/// NBD has a short form of its own where the host's name has no `:`.
fn nbd(image: &Image, net: &NetSource) -> Result<String, Problem> {
    let host = protocol::only_host(image, net)?;
    let name = host.name.as_deref();
    let socket = host.socket.as_deref();
    let mut text = match host.transport() {
        Transport::Tcp if name.is_some_and(|n| !n.contains(':')) => {
            format!("nbd:{}:{}", name.unwrap_or(""), host.port.unwrap_or_default())
        }
        Transport::Unix if socket.is_some_and(|s| s.starts_with('/')) => {
            format!("nbd:unix:{}", socket.unwrap_or(""))
        }
        _ => return Ok(uri(net, host, None, query(net, host).as_deref())),
    };
    if let Some(export) = &net.name {
        let _ = write!(text, ":exportname={export}");
    }
    Ok(text)
}

fn rbd(image: &Image, net: &NetSource, auth: Option<&Login>) -> Result<String, Problem> {
    let name = net.name.as_deref().unwrap_or("");
    let (pool, volume) = split_volume(name);
    if volume.contains(':') {
        let message = format!("the name of the volume '{volume}' of an rbd source has a ':'");
        return Err(problem(Kind::Unsupported, "storage-rbd-colon", image.pos.attr("name"), message));
    }
    let escaped = |text: &str| text.replace('\\', "\\\\").replace(':', "\\:");
    let mut text = format!("rbd:{pool}/{volume}");
    if let Some(snapshot) = &net.snapshot {
        let _ = write!(text, "@{}", escaped(snapshot));
    }
    match auth {
        Some(login) => {
            let _ = write!(text, ":id={}", escaped(&login.username));
            if !login.is_object() {
                let _ = write!(text, ":key={}", login.base64());
            }
            text.push_str(":auth_supported=cephx\\;none");
        }
        None => text.push_str(":auth_supported=none"),
    }
    for (n, host) in net.hosts.iter().enumerate() {
        text.push_str(if n == 0 { ":mon_host=" } else { "\\;" });
        let name = host.name.as_deref().unwrap_or("");
        if name.contains(':') {
            let _ = write!(text, "[{}]", escaped(name));
        } else {
            text.push_str(name);
        }
        if let Some(port) = host.port.filter(|p| *p > 0) {
            let _ = write!(text, "\\:{port}");
        }
    }
    if let Some(config) = &net.config_file {
        let _ = write!(text, ":conf={}", escaped(config));
    }
    Ok(text)
}
