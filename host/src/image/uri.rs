//! `PROTOCOL+TRANSPORT://USER@HOST:PORT/PATH?QUERY`

use percent_encoding::percent_decode_str;
use virtargv_model::device::storage::{NetHost, NetSource, Protocol, Transport};
use virtargv_model::{Class, Spelled};

use super::reference::{BadReference, Reference, network};

/// Reads a URI.
pub(super) fn read(text: &str) -> Result<Reference, BadReference> {
    let malformed = || BadReference::internal(format!("`{text}` is not a valid URI"));
    let parts = Parts::of(text).ok_or_else(malformed)?;
    let (word, transport) = match parts.scheme.split_once('+') {
        Some((word, transport)) => (word, Some(transport)),
        None => (parts.scheme, None),
    };
    let protocol = Protocol::from_word(word).ok_or_else(|| {
        BadReference::internal(format!("protocol `{word}` in the name `{text}` is not known"))
    })?;
    let transport = match transport {
        None => Transport::Tcp,
        Some(word) => Transport::from_word(word).ok_or_else(|| {
            BadReference::internal(format!("transport `{word}` in the name `{text}` is not known"))
        })?,
    };
    let mut host = NetHost {
        transport: Some(transport),
        name: Some(parts.host).filter(|host| !host.is_empty()),
        port: parts.port,
        ..NetHost::default()
    };
    let mut query = None;
    if matches!(protocol, Protocol::Http | Protocol::Https) {
        query = parts.query.map(str::to_owned);
    } else if let Some(socket) = parts.query.and_then(|query| query.strip_prefix("socket=")) {
        host.socket = Some(socket.to_owned());
    }
    let name = parts.path.strip_prefix('/').unwrap_or(&parts.path).to_owned();
    if protocol == Protocol::Gluster && name.find('/').is_none_or(|at| at == 0) {
        let message =
            format!("the name `{text}` of an image of protocol `gluster` needs a volume and a path in it");
        return Err(BadReference::new(Class::Unsupported, message));
    }
    if parts.has_user {
        return Ok(Reference::Opaque);
    }
    let name = Some(name).filter(|name| protocol != Protocol::Nbd || !name.is_empty());
    Ok(network(NetSource {
        protocol: Some(protocol),
        name,
        query,
        hosts: vec![host],
        ..NetSource::default()
    }))
}

/// The protocol of a URI.
pub(super) fn protocol(text: &str) -> Option<Protocol> {
    let scheme = Parts::of(text)?.scheme;
    Protocol::from_word(scheme.split_once('+').map_or(scheme, |(word, _)| word))
}

/// The parts of a URI. Host and path are decoded.
struct Parts<'t> {
    scheme: &'t str,
    has_user: bool,
    host: String,
    port: Option<u32>,
    path: String,
    query: Option<&'t str>,
}

impl<'t> Parts<'t> {
    /// `None` if the text is not a URI.
    fn of(text: &'t str) -> Option<Self> {
        if text.bytes().any(|byte| !byte.is_ascii_graphic() || b"\"<>\\^`{|}".contains(&byte)) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        if !scheme.starts_with(|first: char| first.is_ascii_alphabetic()) || !scheme.bytes().all(valid) {
            return None;
        }
        let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
        let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (user, server) = match authority.rsplit_once('@') {
            Some((user, server)) => (Some(decoded(user)?), server),
            None => (None, authority),
        };
        let (host, port) = match server.strip_prefix('[') {
            Some(address) => {
                let (address, rest) = address.split_once(']')?;
                (address, if rest.is_empty() { "" } else { rest.strip_prefix(':')? })
            }
            None => server.split_once(':').unwrap_or((server, "")),
        };
        let port = if port.is_empty() { None } else { Some(u32::from(port.parse::<u16>().ok()?)) };
        Some(Self {
            scheme,
            has_user: user.is_some(),
            host: decoded(host)?,
            port,
            path: decoded(path)?,
            query,
        })
    }
}

/// The text without percent-encoding; `None` if a `%` is not followed by two hexadecimal digits, or the bytes are not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let is_hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = text.as_bytes();
    let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    for (at, _) in starts {
        if !is_hex(bytes.get(at + 1)) || !is_hex(bytes.get(at + 2)) {
            return None;
        }
    }
    percent_decode_str(text).decode_utf8().ok().map(Into::into)
}
