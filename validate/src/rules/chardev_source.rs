//! Rules on the host's end of a character device, for everything that has one.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::chardev_source::{Backend, ChardevSource, Protocol, Reconnect, Tcp, Unix};
use virtargv_model::device::graphics::GraphicsType;

use super::disk;
use crate::{Context, Findings, Rule};

crate::rules! {
    /// A host's end that is a file, device or pipe has a path.
    SOURCE_PATH = "chardev-source-path": Internal, Validate, "`path=` of `-chardev`";
    /// The two ends of a null modem are given together.
    SOURCE_NMDM = "chardev-source-nmdm": Internal, Validate, "a null modem has two ends";
    /// A TCP connection has a host and a service.
    SOURCE_TCP = "chardev-source-tcp": Internal, Validate, "`host=` and `port=` of `-chardev socket`";
    /// UDP packets go to a service.
    SOURCE_UDP = "chardev-source-udp": Internal, Validate, "`port=` of `-chardev udp`";
    /// Only who connects can connect again.
    RECONNECT_MODE = "chardev-reconnect-mode": Internal, Validate, "`reconnect=` of `-chardev socket`";
    /// A named channel has a name.
    SOURCE_CHANNEL_XML = "chardev-source-channel-xml": Xml, Validate, "`name=` of `-chardev spiceport`";
    /// A named channel has a name.
    SOURCE_CHANNEL = "chardev-source-channel": Unsupported, Validate, "`name=` of `-chardev spiceport` and `dbus`";
    /// The name of a channel is made of letters, digits, `_`, `-` and `.`.
    SOURCE_CHANNEL_NAME = "chardev-source-channel-name": InvalidArgument, Validate, "names of spice ports";
    /// A lost connection is made again after a while.
    RECONNECT_TIMEOUT = "chardev-reconnect-timeout": InvalidArgument, Validate, "`reconnect=0` is never";
    /// QEMU's own TLS is asked for with `tls='yes'`, not as a protocol.
    SOURCE_PROTOCOL = "chardev-source-protocol": Unsupported, Validate, "QEMU speaks raw and telnet";
    /// The vdagent of QEMU itself came with QEMU 6.1.
    SOURCE_VDAGENT = "chardev-source-vdagent": Unsupported, Validate, "`-chardev qemu-vdagent`";
    /// A file is added to only where this QEMU can.
    SOURCE_APPEND = "chardev-source-append": Unsupported, Validate, "`append=` of `-chardev file`";
    /// What passes a character device is logged only where this QEMU can.
    SOURCE_LOG = "chardev-source-log": Unsupported, Validate, "`logfile=` of `-chardev`";
    /// What goes over spice needs spice.
    SOURCE_SPICE = "chardev-source-spice": Unsupported, Validate, "`-chardev spicevmc` and `spiceport`";
    /// A host side is of a type that QEMU has.
    BACKEND = "chardev-backend": Unsupported, Build, "`-chardev`; a null modem of FreeBSD is no backend of QEMU";
}

/// Holds them on one host's end. `path_is_made` where a path is made up if there is none.
pub(crate) fn check(cx: &Context<'_>, source: &ChardevSource, path_is_made: bool, out: &mut Findings<'_>) {
    is_complete(cx, source, path_is_made, out);
    disk::common::relabelled(cx, &source.seclabels, out);
    if let Backend::Tcp(Tcp { reconnect: Some(again), .. })
    | Backend::Unix(Unix { reconnect: Some(again), .. }) = &source.backend
        && again.is_on()
        && again.timeout.unwrap_or_default() == 0
    {
        let message = "attribute 'timeout' of element 'reconnect' is '0', it is at least '1'";
        out.refuse(&RECONNECT_TIMEOUT, again.pos.attr("timeout"), message);
    }
    match &source.backend {
        Backend::Tcp(Tcp { protocol: Some(protocol @ (Protocol::Tls | Protocol::Telnets)), .. })
            if cx.guest.release.has(Convention::ChardevProtocolChecked) =>
        {
            let message = format!("QEMU does not speak protocol '{protocol}' over 'tcp'");
            out.refuse(&SOURCE_PROTOCOL, source.pos.path("protocol/@type"), message);
        }
        Backend::File { append: Some(append), .. } if !cx.has(Cap::ChardevFileAppend) => {
            let message =
                format!("attribute 'append' of element 'source' is '{append}', which this QEMU cannot do");
            out.refuse(&SOURCE_APPEND, source.pos.path("source/@append"), message);
        }
        Backend::QemuVdagent { .. } if !cx.has(Cap::ChardevQemuVdagent) => {
            refuse_type(&SOURCE_VDAGENT, source, "this QEMU has no", out);
        }
        Backend::SpiceVmc | Backend::SpicePort { .. }
            if cx.guest.release.has(Convention::SpiceChardevNeedsSpice) && !has_spice(cx) =>
        {
            refuse_type(&SOURCE_SPICE, source, "without 'graphics' of type 'spice' there is no", out);
        }
        _ => {}
    }
    if let Some(file) = source.log.as_ref().and_then(|log| log.file.as_ref())
        && !cx.has(Cap::ChardevLogfile)
    {
        let message = format!("element 'log' names file '{file}', but this QEMU keeps no logs");
        out.refuse(&SOURCE_LOG, source.pos.path("log"), message);
    }
}

fn refuse_type(rule: &'static Rule, source: &ChardevSource, what: &str, out: &mut Findings<'_>) {
    let message = format!("{what} character device of type '{}'", source.kind());
    out.refuse(rule, source.pos.attr("type"), message);
}

fn has_spice(cx: &Context<'_>) -> bool {
    cx.domain.devices.graphics.iter().any(|g| g.kind() == GraphicsType::Spice)
}

fn is_complete(cx: &Context<'_>, source: &ChardevSource, path_is_made: bool, out: &mut Findings<'_>) {
    let mut lacks = |rule: &'static Rule, attribute: &str| {
        let kind = source.kind();
        let message =
            format!("the 'source' of a character device of type '{kind}' lacks its attribute '{attribute}'");
        out.refuse(rule, source.pos.path("source"), message);
    };
    match &source.backend {
        Backend::File { path: None, .. } | Backend::Dev { path: None } | Backend::Pipe { path: None } => {
            lacks(&SOURCE_PATH, "path");
        }
        Backend::Nmdm { master: Some(_), slave: None } => lacks(&SOURCE_NMDM, "slave"),
        Backend::Nmdm { master: None, slave: Some(_) } => lacks(&SOURCE_NMDM, "master"),
        Backend::Tcp(Tcp { host: None, .. }) => lacks(&SOURCE_TCP, "host"),
        Backend::Tcp(Tcp { service: None, .. }) => lacks(&SOURCE_TCP, "service"),
        Backend::Tcp(tcp) => reconnects(tcp.listens(), tcp.reconnect, out),
        Backend::Udp(udp) if udp.connect_service.is_none() => lacks(&SOURCE_UDP, "service"),
        Backend::Unix(Unix { path: None, .. }) if !path_is_made => lacks(&SOURCE_PATH, "path"),
        Backend::Unix(unix) => reconnects(unix.listens(), unix.reconnect, out),
        Backend::SpicePort { channel: None } | Backend::Dbus { channel: None } => {
            let stricter = cx.follows(Convention::StricterDevices);
            lacks(if stricter { &SOURCE_CHANNEL } else { &SOURCE_CHANNEL_XML }, "channel");
        }
        Backend::SpicePort { channel: Some(name) } | Backend::Dbus { channel: Some(name) }
            if !name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c)) =>
        {
            let message =
                format!("attribute 'channel' of element 'source' is '{name}', a name like 'org.example.0'");
            out.refuse(&SOURCE_CHANNEL_NAME, source.pos.path("source/@channel"), message);
        }
        _ => {}
    }
}

fn reconnects(listens: bool, reconnect: Option<Reconnect>, out: &mut Findings<'_>) {
    if let Some(again) = reconnect.filter(|again| listens && again.enabled.is_some()) {
        let message = "element 'reconnect' is only for a 'source' of mode 'connect', not 'bind'";
        out.refuse(&RECONNECT_MODE, again.pos, message);
    }
}

/// Holds what is only found while the line is built.
pub(crate) fn build(source: &ChardevSource, out: &mut Findings<'_>) {
    if let Backend::Nmdm { .. } = &source.backend {
        refuse_type(&BACKEND, source, "QEMU has no", out);
    }
}
