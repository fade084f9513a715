//! Addresses as `scheme://user@host:port/path?query`.

use std::fmt::Write as _;

use virtargv_model::device::storage::{NetHost, NetSource, Transport};

/// The address of a network source at its only host. The volume of a Gluster source is part of its name.
pub(super) fn uri(net: &NetSource, host: &NetHost, user: Option<&str>, query: Option<&str>) -> String {
    let protocol = net.protocol.map_or("", virtargv_model::Spelled::as_str);
    let mut out = protocol.to_owned();
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

/// A host's name, in brackets where it is an IPv6 address.
pub(super) fn bracketed(name: &str) -> String {
    if name.contains(':') { format!("[{name}]") } else { name.to_owned() }
}

/// Adds `text`, all but what needs no escaping and `also` as `%XX`.
fn escape(out: &mut String, text: &str, also: &[u8]) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) || also.contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// Adds `text` as part of a query.
pub(super) fn escape_query(text: &str) -> String {
    let mut out = String::new();
    escape(&mut out, text, b"/");
    out
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use virtargv_model::device::storage::Protocol;

    use super::*;

    fn check(protocol: Protocol, name: &str, host: NetHost, user: Option<&str>, expected: Expect) {
        let net = NetSource { protocol: Some(protocol), name: Some(name.to_owned()), ..NetSource::default() };
        expected.assert_eq(&uri(&net, &host, user, None));
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
