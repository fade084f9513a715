//! Rules on the source of a character device: its end on the host.

use virtargv_caps::Cap;
use virtargv_model::device::chardev_source::{Backend, ChardevSource, Protocol, Reconnect, Tcp, Unix};
use virtargv_model::device::graphics::GraphicsType;
use virtargv_model::{Message, YesNo};

use super::{security, tls};
use crate::{Context, Findings, Rule};

virtargv_model::rules! {
    /// The source of a file, device, pipe or UNIX socket has a path.
    SOURCE_PATH = "chardev-source-path": Internal, Validate,
        "`<source path=>` of a character device: `path=` of `-chardev`",
        help "add `path=` to `<source>`";
    /// A null modem has a master and a slave.
    SOURCE_NMDM = "chardev-source-nmdm": Internal, Validate,
        "`<source master= slave=>` of a character device of type `nmdm`",
        help "add the missing attribute";
    /// The source of a TCP character device has a host and a service.
    SOURCE_TCP = "chardev-source-tcp": Internal, Validate,
        "`<source host= service=>`: `host=` and `port=` of `-chardev socket`",
        help "add the missing attribute to `<source>`";
    /// The source of a UDP character device has a service to connect to.
    SOURCE_UDP = "chardev-source-udp": Internal, Validate,
        "`<source mode='connect' service=>`: `port=` of `-chardev udp`",
        help "add `<source mode='connect' host= service=>`";
    /// Only a source that connects can reconnect.
    RECONNECT_MODE = "chardev-reconnect-mode": Internal, Validate,
        "`<source mode='connect'><reconnect>`: `reconnect=` of `-chardev socket`",
        help "remove `<reconnect>`, or use `mode='connect'`";
    /// The source of type `spiceport` or `dbus` has a channel.
    SOURCE_CHANNEL = "chardev-source-channel": Unsupported, Validate,
        "`<source channel=>`: `name=` of `-chardev spiceport` and `-chardev dbus`",
        help "add `channel=` to `<source>`";
    /// The channel of a source has letters, digits and the characters `-`, `_` and `.` only.
    SOURCE_CHANNEL_NAME = "chardev-source-channel-name": InvalidArgument, Validate,
        "`<source channel=>`: `name=` of `-chardev spiceport` and `-chardev dbus`, such as `org.example.0`",
        help "remove the other characters";
    /// The timeout of `<reconnect>` is at least 1 second.
    RECONNECT_TIMEOUT = "chardev-reconnect-timeout": InvalidArgument, Validate,
        "`<source><reconnect enabled='yes' timeout=>`: `reconnect=0` of `-chardev socket` means never",
        help "set `timeout='1'` or more";
    /// The protocol of a TCP character device is `raw` or `telnet`.
    SOURCE_PROTOCOL = "chardev-source-protocol": Unsupported, Validate,
        "`<protocol type=>`: `telnet=` of `-chardev socket`; TLS is `tls='yes'` of `<source>`",
        help "use `raw` or `telnet`, and `tls='yes'` on `<source>` for TLS",
        since "11.3";
    /// A character device of type `qemu-vdagent` needs a QEMU that has it.
    SOURCE_VDAGENT = "chardev-source-vdagent": Unsupported, Validate,
        "`<channel type='qemu-vdagent'>`: `-chardev qemu-vdagent`, new in QEMU 6.1",
        help "use `type='spicevmc'`, or QEMU 6.1 or later";
    /// Choosing between appending and truncating needs a QEMU that has it.
    SOURCE_APPEND = "chardev-source-append": Unsupported, Validate,
        "`<source append=>`: `append=` of `-chardev file`",
        help "remove `append=` from `<source>`, or use a QEMU that has it";
    /// A log file of a character device needs a QEMU that has it.
    SOURCE_LOG = "chardev-source-log": Unsupported, Validate,
        "`<log file=>`: `logfile=` of `-chardev`",
        help "remove `<log>`, or use a QEMU that has it";
    /// A character device of type `spicevmc` or `spiceport` needs a display of type `spice`.
    SOURCE_SPICE = "chardev-source-spice": Unsupported, Validate,
        "`<graphics type='spice'>`: `-chardev spicevmc` and `spiceport` are channels of the SPICE server",
        help "add `<graphics type='spice'>`, or use another type",
        since "9.0";
    /// A character device is not of type `nmdm`.
    BACKEND = "chardev-backend": Unsupported, Build,
        "`<serial type='nmdm'>`: null modem devices are those of FreeBSD, for bhyve; QEMU has no such `-chardev`",
        help "use another `type=`, such as `pty`";
}

/// Checks `source` against the rules above. With `path_is_generated`, a UNIX socket needs no path.
pub(crate) fn check(
    cx: &Context<'_>,
    source: &ChardevSource,
    path_is_generated: bool,
    out: &mut Findings<'_>,
) {
    is_complete(source, path_is_generated, out);
    security::label::check(cx, &source.seclabels, out);
    if let Backend::Tcp(Tcp { reconnect: Some(again), .. })
    | Backend::Unix(Unix { reconnect: Some(again), .. }) = &source.backend
        && again.is_on()
        && again.timeout.unwrap_or_default() == 0
    {
        let message = "`timeout` of `<reconnect>` is `0`, it must be at least `1`";
        out.refuse(&RECONNECT_TIMEOUT, again.pos.attr("timeout"), message);
    }
    match &source.backend {
        Backend::Tcp(Tcp { protocol: Some(protocol @ (Protocol::Tls | Protocol::Telnets)), .. }) => {
            let message = format!("protocol `{protocol}` over `tcp` is not supported by QEMU");
            out.refuse(&SOURCE_PROTOCOL, source.pos.path("protocol/@type"), message);
        }
        Backend::File { append: Some(append), .. } if !cx.has(Cap::ChardevFileAppend) => {
            let message = format!("`append` (`{append}`) of `<source>` is not supported by this QEMU");
            out.refuse(&SOURCE_APPEND, source.pos.path("source/@append"), message);
        }
        Backend::QemuVdagent { .. } if !cx.has(Cap::ChardevQemuVdagent) => {
            refuse_type(&SOURCE_VDAGENT, source, "is not supported by this QEMU", out);
        }
        Backend::SpiceVmc | Backend::SpicePort { .. } if !has_spice(cx) => {
            refuse_type(&SOURCE_SPICE, source, "needs a `<graphics>` of type `spice`", out);
        }
        _ => {}
    }
    if let Some(file) = source.log.as_ref().and_then(|log| log.file.as_ref())
        && !cx.has(Cap::ChardevLogfile)
    {
        let message = format!("file `{file}` of `<log>` is not supported by this QEMU");
        out.refuse(&SOURCE_LOG, source.pos.path("log"), message);
    }
}

fn refuse_type(rule: &'static Rule, source: &ChardevSource, why: &str, out: &mut Findings<'_>) {
    let message = format!("a character device of type `{}` {why}", source.kind());
    out.refuse(rule, source.pos.attr("type"), message);
}

fn has_spice(cx: &Context<'_>) -> bool {
    cx.known.has_display(GraphicsType::Spice)
}

/// The attributes that a source of each type needs.
fn is_complete(source: &ChardevSource, path_is_generated: bool, out: &mut Findings<'_>) {
    let mut lacks = |rule: &'static Rule, attribute: &str| {
        let kind = source.kind();
        let message = format!("a character device of type `{kind}` has no `<source {attribute}=>`");
        let value = match attribute {
            "path" => "/path/to/file",
            "host" => "127.0.0.1",
            "service" => "4555",
            "channel" => "org.example.0",
            _ => "...",
        };
        let help = format!("set `{attribute}=` of its `<source>`, as in `<source {attribute}='{value}'/>`");
        out.refuse(rule, source.pos.path("source"), Message::new(message).with_help(help));
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
        Backend::Unix(Unix { path: None, .. }) if !path_is_generated => lacks(&SOURCE_PATH, "path"),
        Backend::Unix(unix) => reconnects(unix.listens(), unix.reconnect, out),
        Backend::SpicePort { channel: None } | Backend::Dbus { channel: None } => {
            lacks(&SOURCE_CHANNEL, "channel");
        }
        Backend::SpicePort { channel: Some(name) } | Backend::Dbus { channel: Some(name) }
            if !name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c)) =>
        {
            let message = format!("`channel` of `<source>` is `{name}`, it must be like `org.example.0`");
            out.refuse(&SOURCE_CHANNEL_NAME, source.pos.path("source/@channel"), message);
        }
        _ => {}
    }
}

fn reconnects(listens: bool, reconnect: Option<Reconnect>, out: &mut Findings<'_>) {
    if let Some(again) = reconnect.filter(|again| listens && again.enabled.is_some()) {
        let message = "`<reconnect>` needs a `<source>` of mode `connect`, not `bind`";
        out.refuse(&RECONNECT_MODE, again.pos, message);
    }
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, source: &ChardevSource, out: &mut Findings<'_>) {
    match &source.backend {
        Backend::Nmdm { .. } => refuse_type(&BACKEND, source, "is not one of QEMU's", out),
        // The default of `tls=` is the driver's setting.
        Backend::Tcp(tcp) if tcp.tls.map_or(cx.host.config().chardev_tls, YesNo::is_yes) => {
            tls::build(cx, source.pos, out);
        }
        _ => {}
    }
}
