//! The names by which a header refers to other images, in the syntax of QEMU: a path, a URI, `PROTOCOL:...` or `json:{...}`.

use virtargv_model::device::storage::{Image, Location, NetHost, NetSource, Protocol, Transport};
use virtargv_model::{Class, Spelled};

use super::{json, uri};

/// What a name refers to.
#[derive(Debug, Clone, PartialEq)]
pub enum Reference {
    /// An image: its location, and the part of the storage that it uses. The format is not set.
    Image(Box<Image>),
    /// An image that the domain format cannot describe, because the name has a user or a password in it. libvirt leaves it
    /// to QEMU.
    Opaque,
}

/// Why a name does not refer to anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadReference {
    /// The class of the problem in libvirt.
    pub class: Class,
    /// What is wrong.
    pub message: String,
}

impl BadReference {
    pub(super) fn new(class: Class, message: impl Into<String>) -> Self {
        Self { class, message: message.into() }
    }

    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self::new(Class::Internal, message)
    }

    pub(super) fn argument(message: impl Into<String>) -> Self {
        Self::new(Class::InvalidArgument, message)
    }
}

/// Reads `name`, a name in the header of the image at the path `beside`. A relative path is joined to the directory of that
/// image, and not simplified: `../base.raw` in `/images/over/top.qcow2` is `/images/over/../base.raw`.
pub fn reference(name: &str, beside: &str) -> Result<Reference, BadReference> {
    if name.starts_with('/') {
        return Ok(local(Location::File { path: Some(name.to_owned()), fdgroup: None }));
    }
    if is_path(name) {
        let path = Some(join(beside, name));
        return Ok(local(Location::File { path, fdgroup: None }));
    }
    if let Some(text) = name.strip_prefix("json:") {
        return json::read(text);
    }
    if name.contains("://") { uri::read(name) } else { legacy(name) }
}

/// Whether a name is a path: no `:` stands before the first `/`.
fn is_path(name: &str) -> bool {
    name.chars().find(|char| matches!(char, ':' | '/')) != Some(':')
}

fn join(beside: &str, name: &str) -> String {
    match beside.rsplit_once('/') {
        Some((directory, _)) => format!("{}/{name}", directory.trim_end_matches('/')),
        None => format!("./{name}"),
    }
}

pub(super) fn local(location: Location) -> Reference {
    Reference::Image(Box::new(Image { location, ..Image::default() }))
}

pub(super) fn network(source: NetSource) -> Reference {
    local(Location::Network(Box::new(source)))
}

/// A server at a TCP port.
pub(super) fn tcp(name: impl Into<String>, port: Option<u32>) -> NetHost {
    NetHost { transport: Some(Transport::Tcp), name: Some(name.into()), port, ..NetHost::default() }
}

/// A server at a UNIX socket.
pub(super) fn unix(socket: impl Into<String>) -> NetHost {
    NetHost { transport: Some(Transport::Unix), socket: Some(socket.into()), ..NetHost::default() }
}

pub(super) fn port(text: &str) -> Result<u32, BadReference> {
    let port: Option<u16> = text.parse().ok();
    port.map(u32::from)
        .ok_or_else(|| BadReference::argument(format!("port `{text}` is not a number up to 65535")))
}

/// `PROTOCOL:...`
fn legacy(name: &str) -> Result<Reference, BadReference> {
    let (word, rest) = name.split_once(':').unwrap_or((name, ""));
    if word == "fat" {
        return Ok(local(Location::Dir { path: Some(rest.to_owned()) }));
    }
    match Protocol::from_word(word) {
        Some(Protocol::Nbd) => nbd(name, rest).map(network),
        Some(Protocol::Rbd) => rbd(rest).map(network),
        Some(Protocol::Sheepdog) => {
            Err(BadReference::internal("the name of an image of protocol `sheepdog` must be a URI"))
        }
        Some(protocol) => {
            let message =
                format!("the name of an image of protocol `{protocol}` must be a URI, it is `{name}`");
            Err(BadReference::internal(message))
        }
        None => Err(BadReference::internal(format!("protocol `{word}` in the name `{name}` is not known"))),
    }
}

/// `nbd:HOST:PORT:exportname=NAME` or `nbd:unix:SOCKET:exportname=NAME`, of which `rest` is what follows `nbd:`.
fn nbd(name: &str, rest: &str) -> Result<NetSource, BadReference> {
    let malformed = || BadReference::internal(format!("`{name}` is not nbd:HOST:PORT or nbd:unix:SOCKET"));
    let (server, export) = match rest.split_once(":exportname=") {
        Some((server, export)) => (server, Some(export.to_owned())),
        None => (rest, None),
    };
    let host = if let Some(socket) = server.strip_prefix("unix:") {
        unix(Some(socket).filter(|socket| !socket.is_empty()).ok_or_else(malformed)?)
    } else {
        let split = match server.strip_prefix('[') {
            Some(address) => address.split_once("]:"),
            None => server.split_once(':'),
        };
        let (host, number) = split.filter(|(host, _)| !host.is_empty()).ok_or_else(malformed)?;
        tcp(host, Some(port(number)?))
    };
    Ok(NetSource { protocol: Some(Protocol::Nbd), name: export, hosts: vec![host], ..NetSource::default() })
}

/// `POOL/IMAGE@SNAPSHOT:OPTION=VALUE:...`. User and key are ignored, as in libvirt.
pub(super) fn rbd(text: &str) -> Result<NetSource, BadReference> {
    let (image, options) = text.split_once(':').unwrap_or((text, ""));
    let (image, snapshot) = match image.split_once('@') {
        Some((image, snapshot)) => (image, Some(snapshot.to_owned())),
        None => (image, None),
    };
    let mut source = NetSource {
        protocol: Some(Protocol::Rbd),
        name: Some(image.to_owned()),
        snapshot,
        ..NetSource::default()
    };
    for option in split_unescaped(options) {
        if let Some(monitors) = option.strip_prefix("mon_host=") {
            let monitors = monitors.replace("\\,", "\\;").replace("\\ ", "\\;");
            for monitor in monitors.split("\\;").filter(|monitor| !monitor.is_empty()) {
                source.hosts.push(rbd_monitor(monitor)?);
            }
        } else if let Some(path) = option.strip_prefix("conf=") {
            source.config_file = Some(path.to_owned());
        }
    }
    Ok(source)
}

/// `HOST\:PORT` or `[ADDRESS]\:PORT`.
fn rbd_monitor(text: &str) -> Result<NetHost, BadReference> {
    let (host, number) = match text.strip_prefix('[') {
        Some(address) => {
            let (address, rest) = address.split_once(']').unwrap_or((address, ""));
            (address, rest.strip_prefix("\\:"))
        }
        None => match text.split_once("\\:") {
            Some((host, number)) => (host, Some(number)),
            None => (text, None),
        },
    };
    Ok(tcp(host.replace("\\:", ":"), number.map(port).transpose()?))
}

/// Splits at each `:` that has no `\` before it.
fn split_unescaped(text: &str) -> Vec<&str> {
    let mut escaped = false;
    let separates = |char| {
        let separates = char == ':' && !escaped;
        escaped = char == '\\' && !escaped;
        separates
    };
    text.split(separates).collect()
}
