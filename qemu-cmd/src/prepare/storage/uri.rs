//! Addresses of network sources: `SCHEME://USER@HOST:PORT/PATH?QUERY`, or the syntax of the block driver.

use std::fmt::Write as _;

use virtargv_caps::Release;
use virtargv_model::device::storage::{Image, NetHost, NetSource, Protocol, Transport};
use virtargv_model::{Problem, Spelled};
use virtargv_validate::rules::disk::source as rules;

use super::location::{name_of, no_attribute, no_protocol, only_host, split_volume};
use super::objects::{Login, Objects};
use crate::prepare::context::broken;

/// The address of `image` for `file=` of `-drive`.
pub(super) fn address(
    image: &Image,
    net: &NetSource,
    objects: &Objects,
    release: Release,
) -> Result<String, Problem> {
    let protocol = net.protocol.ok_or_else(|| no_protocol(image.pos, release))?;
    let only = || only_host(net, image.pos, release);
    match protocol {
        Protocol::Nbd => Ok(nbd(net, only()?)),
        Protocol::Rbd => rbd(image, net, objects.auth.as_deref(), release),
        Protocol::Sheepdog => {
            let name = name_of(net);
            if net.hosts.is_empty() {
                return Ok(format!("sheepdog:{name}"));
            }
            let host = only()?;
            let server = host
                .name
                .as_ref()
                .ok_or_else(|| no_attribute(host.transport(), "name", image.pos, release))?;
            Ok(format!("sheepdog:{server}:{}:{name}", host.port.unwrap_or(0)))
        }
        Protocol::Ssh | Protocol::Vxhs | Protocol::Nfs => {
            let message = format!(
                "a source of protocol `{protocol}` needs a block node, it has no address for `-drive`"
            );
            Err(broken(release, &rules::DRIVE, image.pos, message))
        }
        protocol => {
            let host = only()?;
            let user = objects.auth.as_deref().map(Login::in_address);
            Ok(uri(protocol, net, host, user.as_deref(), query(net, host).as_deref()))
        }
    }
}

/// The query of an address: that of the document, or the UNIX socket of the host.
fn query(net: &NetSource, host: &NetHost) -> Option<String> {
    match &host.socket {
        Some(socket) => Some(format!("socket={}", escape_query(socket))),
        None => net.query.clone(),
    }
}

/// The address of an NBD source: QEMU's `nbd:HOST:PORT`, or a URI if the host name has a `:`.
fn nbd(net: &NetSource, host: &NetHost) -> String {
    let mut text = match (host.transport(), &host.name, &host.socket) {
        (Transport::Tcp, Some(name), _) if !name.contains(':') => {
            format!("nbd:{name}:{}", host.port.unwrap_or(0))
        }
        (Transport::Unix, _, Some(socket)) if socket.starts_with('/') => format!("nbd:unix:{socket}"),
        _ => return uri(Protocol::Nbd, net, host, None, query(net, host).as_deref()),
    };
    if let Some(export) = &net.name {
        let _ = write!(text, ":exportname={export}");
    }
    text
}

fn rbd(image: &Image, net: &NetSource, auth: Option<&Login>, release: Release) -> Result<String, Problem> {
    let (pool, volume) = split_volume(name_of(net));
    if volume.contains(':') {
        let message =
            format!("RBD image `{volume}` has a `:` in its name, which separates options in QEMU's address");
        return Err(broken(release, &rules::RBD_COLON, image.pos.attr("name"), message));
    }
    let escaped = |text: &str| text.replace('\\', "\\\\").replace(':', "\\:");
    let mut text = format!("rbd:{pool}/{volume}");
    if let Some(snapshot) = &net.snapshot {
        let _ = write!(text, "@{}", escaped(snapshot));
    }
    match auth {
        Some(login) => {
            let _ = write!(text, ":id={}", escaped(&login.username));
            if let Some(key) = login.base64() {
                let _ = write!(text, ":key={key}");
            }
            text.push_str(":auth_supported=cephx\\;none");
        }
        None => text.push_str(":auth_supported=none"),
    }
    for (n, host) in net.hosts.iter().enumerate() {
        text.push_str(if n == 0 { ":mon_host=" } else { "\\;" });
        let name =
            host.name.as_ref().ok_or_else(|| no_attribute(host.transport(), "name", image.pos, release))?;
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

/// The URI of a network source with one host. The name of a Gluster source begins with the volume.
pub(super) fn uri(
    protocol: Protocol,
    net: &NetSource,
    host: &NetHost,
    user: Option<&str>,
    query: Option<&str>,
) -> String {
    let mut out = protocol.as_str().to_owned();
    if host.transport() != Transport::Tcp {
        let _ = write!(out, "+{}", host.transport());
    }
    out.push_str("://");
    if let Some(user) = user {
        escape(&mut out, user, b";:&=+$,");
        out.push('@');
    }
    if let Some(name) = &host.name {
        out.push_str(&bracketed(name));
        if let Some(port) = host.port.filter(|p| *p > 0) {
            let _ = write!(out, ":{port}");
        }
    }
    if let Some(path) = &net.name {
        if !path.starts_with('/') {
            out.push('/');
        }
        escape(&mut out, path, b"/;@&=+$,");
    }
    if let Some(query) = query {
        let _ = write!(out, "?{query}");
    }
    out
}

/// A host name, in brackets if it is an IPv6 address.
pub(super) fn bracketed(name: &str) -> String {
    if name.contains(':') { format!("[{name}]") } else { name.to_owned() }
}

/// Appends `text` with percent-encoding, except unreserved characters and those in `also`.
fn escape(out: &mut String, text: &str, also: &[u8]) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) || also.contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// Percent-encodes a value of a query.
fn escape_query(text: &str) -> String {
    let mut out = String::new();
    escape(&mut out, text, b"/");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(protocol: Protocol, name: &str, host: NetHost, user: Option<&str>, expected: Expect) {
        let net = NetSource { name: Some(name.to_owned()), ..NetSource::default() };
        expected.assert_eq(&uri(protocol, &net, &host, user, None));
    }

    fn tcp(name: &str, port: u32) -> NetHost {
        NetHost { name: Some(name.to_owned()), port: Some(port), ..NetHost::default() }
    }

    #[test]
    fn addresses_are_escaped() {
        let plain = tcp("example.org", 80);
        check(Protocol::Http, "a b/ü", plain, None, expect!["http://example.org:80/a%20b/%C3%BC"]);
        check(Protocol::Nbd, "x", tcp("::1", 10809), None, expect!["nbd://[::1]:10809/x"]);
        let user = Some("me:p@ss/word");
        let target = "iqn.2025-01.com.example:disk/1";
        let expected = expect!["iscsi://me:p%40ss%2Fword@example.org:3260/iqn.2025-01.com.example%3Adisk/1"];
        check(Protocol::Iscsi, target, tcp("example.org", 3260), user, expected);
        let socket = NetHost { transport: Some(Transport::Unix), ..NetHost::default() };
        check(Protocol::Gluster, "vol/img", socket, None, expect!["gluster+unix:///vol/img"]);
    }
}
