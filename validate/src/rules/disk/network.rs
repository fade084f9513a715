//! Rules on the protocol of a network disk and its options.

use foldhash::HashMap;
use virtargv_caps::Cap;
use virtargv_model::device::storage::{Image, NetSource, Protocol};

use super::image::{QEMU_LACKS, needs_nodes};
use crate::{Context, Findings};

virtargv_model::rules! {
    /// An option of a network disk is one of its protocol.
    PROTOCOL_OPTION = "image-protocol-option": Unsupported, Validate,
        "`<disk type='network'><source>`: `<ssl>` is for https and ftps, `<cookies>` for http and https, `<readahead>` and `<timeout>` for http, https, ftp and ftps, `tlsHostname=` for nbd",
        help "remove the option, or use a protocol that has it";
    /// The name and the value of a cookie are valid and unique.
    COOKIE = "image-cookie": Xml, Validate,
        "`<source><cookies><cookie>`: RFC 6265; QEMU's block driver `http` sends them in one header line",
        help "remove the characters that RFC 6265 forbids, and one of two cookies of the same name";
    /// The protocol of a network disk is one that QEMU still has.
    PROTOCOL_GONE = "image-protocol-gone": Unsupported, Validate,
        "`<source protocol=>`: QEMU removed its block drivers `sheepdog` and `vxhs`",
        help "use another protocol",
        since "11.3";
    /// A disk of protocol `vxhs` needs a QEMU that has the protocol.
    VXHS = "image-vxhs": Unsupported, Validate,
        "`<source protocol='vxhs'>`: QEMU's block driver `vxhs`, which was there from 2.10 to 5.0",
        help "use another protocol, or a QEMU that has the driver", until "11.3";
    /// Only the protocols iscsi, http, https, ftp, ftps, ssh and rbd have `<auth>`.
    AUTH_PROTOCOL = "disk-auth-protocol": Unsupported, Validate,
        "`<disk><source protocol=><auth>`: QEMU's block drivers for the other protocols take no user and password",
        help "remove `<auth>`",
        since "9.0";
    /// The type of a secret is one that libvirt knows.
    SECRET_UNKNOWN = "disk-auth-secret-unknown": Unsupported, Validate (Read before "7.1"),
        "`<auth><secret type=>`: the usage type of a libvirt secret",
        help "use one of `iscsi`, `ceph`, `volume`, `tls` and `vtpm`";
    /// The type of a disk's secret is that of the protocol.
    SECRET_TYPE = "disk-auth-secret-type": Unsupported, Validate (Read before "7.1"),
        "`<auth><secret type=>`: secrets for iSCSI have the usage type `iscsi`, those for RBD `ceph`",
        help "set `type='iscsi'` for protocol `iscsi`, `type='ceph'` for protocol `rbd`";
}

/// Checks the protocol of an image and its options.
pub(super) fn check(cx: &Context<'_>, image: &Image, net: &NetSource, out: &mut Findings<'_>) {
    let Some(protocol) = net.protocol else { return };
    if matches!(protocol, Protocol::Sheepdog | Protocol::Vxhs) {
        let message = format!("QEMU no longer has protocol `{protocol}`");
        out.refuse(&PROTOCOL_GONE, image.pos.attr("protocol"), message);
    }
    let http = matches!(protocol, Protocol::Http | Protocol::Https);
    let curl = http || matches!(protocol, Protocol::Ftp | Protocol::Ftps);
    let tls = matches!(protocol, Protocol::Https | Protocol::Ftps);
    for (is_set, fits, name) in [
        (net.ssl_verify.is_some(), tls, "ssl"),
        (!net.cookies.is_empty(), http, "cookies"),
        (net.readahead.is_some(), curl, "readahead"),
        (net.timeout.is_some(), curl, "timeout"),
    ] {
        if is_set && !fits {
            let message = format!("`{name}` is not supported for protocol `{protocol}`");
            out.refuse(&PROTOCOL_OPTION, image.pos.path(name), message);
        } else if is_set {
            needs_nodes(cx, image, &format!("`{name}`"), out);
        }
    }
    check_cookies(image, net, out);
    if protocol == Protocol::Tftp && cx.has(Cap::Blockdev) {
        out.refuse(&QEMU_LACKS, image.pos.attr("protocol"), "this QEMU has no protocol `tftp`");
    }
    if protocol == Protocol::Nfs && !cx.has(Cap::Blockdev) {
        out.refuse(&QEMU_LACKS, image.pos.attr("protocol"), "this QEMU has no protocol `nfs`");
    }
    if protocol == Protocol::Vxhs && !cx.has(Cap::Vxhs) {
        out.refuse(&VXHS, image.pos.attr("protocol"), "this QEMU has no protocol `vxhs`");
    }
    if let Some(name) = &net.tls_hostname {
        let place = image.pos.attr("tlsHostname");
        if protocol != Protocol::Nbd {
            let message = format!("`tlsHostname` (`{name}`) needs protocol `nbd`, not `{protocol}`");
            out.refuse(&PROTOCOL_OPTION, place, message);
        } else if !cx.has(Cap::BlockdevNbdTlsHostname) {
            out.refuse(&QEMU_LACKS, place, format!("this QEMU has no `tlsHostname` (`{name}`)"));
        }
    }
}

fn check_cookies(image: &Image, net: &NetSource, out: &mut Findings<'_>) {
    let name_ok = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
    };
    let value_ok = |value: &str| {
        let bare = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
        bare.bytes().all(|b| b.is_ascii_graphic() && !b"\",;\\".contains(&b))
    };
    let mut counts: HashMap<&str, usize> = HashMap::default();
    for cookie in &net.cookies {
        *counts.entry(&cookie.name).or_default() += 1;
    }
    for cookie in &net.cookies {
        if !name_ok(&cookie.name) {
            out.refuse(&COOKIE, cookie.pos, format!("`{}` is not a valid cookie name", cookie.name));
        } else if !value_ok(&cookie.value) {
            out.refuse(&COOKIE, cookie.pos, format!("the value of cookie `{}` is not valid", cookie.name));
        } else if counts.get(&*cookie.name).is_some_and(|count| *count > 1) {
            out.refuse(
                &COOKIE,
                image.pos.path("cookies"),
                format!("cookie `{}` is given twice", cookie.name),
            );
        }
    }
}

/// Checks that the protocol of an image takes a user and the secret.
pub(super) fn check_auth(image: &Image, out: &mut Findings<'_>) {
    let Some(protocol) = image.network().and_then(|net| net.protocol) else { return };
    let Some(auth) = &image.auth else { return };
    let takes_auth = matches!(
        protocol,
        Protocol::Iscsi
            | Protocol::Http
            | Protocol::Https
            | Protocol::Ftp
            | Protocol::Ftps
            | Protocol::Ssh
            | Protocol::Rbd
    );
    if !takes_auth {
        let message = format!("`auth` is not supported for protocol `{protocol}` of `<source>`");
        out.refuse(&AUTH_PROTOCOL, auth.pos, message);
    }
    let kind = auth.secret_type.as_deref().unwrap_or("");
    let place = || auth.pos.path("secret/@type");
    if !["none", "volume", "ceph", "iscsi", "tls", "vtpm"].contains(&kind) {
        let message = format!("`type` of `<secret>` is `{kind}`, which is not a known usage type");
        out.refuse(&SECRET_UNKNOWN, place(), message);
        return;
    }
    let wanted = match protocol {
        Protocol::Iscsi => "iscsi",
        Protocol::Rbd => "ceph",
        _ => return,
    };
    if kind != wanted {
        let message = format!("`type` of `<secret>` is `{kind}`, protocol `{protocol}` needs `{wanted}`");
        out.refuse(&SECRET_TYPE, place(), message);
    }
}
