//! Backends of character devices.

use virtargv_caps::{Cap, Convention};
use virtargv_host::Descriptor;
use virtargv_model::device::chardev_source::{
    Backend, ChardevSource, MouseMode, Protocol, Reconnect, Tcp, Udp, Unix,
};
use virtargv_model::{OnOff, Pos, Problem, YesNo};
use virtargv_validate::rules::chardev_source as rules;

use crate::helper::Helper;
use crate::needs::Process;
use crate::prepare::context::{Prepare, broken};
use crate::prepare::descriptor::{FdSet, Passed};
use crate::prepare::tls::{self, Credentials};
use crate::text::{Text, text};

/// A prepared backend of a character device.
#[derive(Debug)]
pub(crate) struct CharBackend {
    /// The kind of backend.
    pub kind: CharBackendKind,
    /// The file that the data of the device is logged to (`<log file=>`).
    pub log: Option<Written>,
}

/// The kind of backend of a character device.
#[derive(Debug)]
pub(crate) enum CharBackendKind {
    /// A backend that discards its input.
    Null,
    /// A virtual console of QEMU's display.
    Vc,
    /// A pseudoterminal.
    Pty,
    /// QEMU's standard input and output.
    Stdio,
    /// A serial or parallel device of the host.
    Device(Text),
    /// A named pipe.
    Pipe(Text),
    /// A file that QEMU writes to.
    File(Written),
    /// A UDP socket.
    Udp {
        /// The address that packets are sent to.
        remote: Inet,
        /// The address that the socket is bound to.
        local: Option<Inet>,
    },
    /// A TCP connection.
    Tcp {
        /// The address that QEMU connects to or listens at.
        at: Inet,
        /// Whether the protocol is telnet.
        telnet: bool,
        /// Which end listens.
        stream: Stream,
        /// The credentials of TLS.
        tls: Option<Credentials>,
    },
    /// A UNIX socket.
    Unix {
        /// The socket.
        socket: UnixSocket,
        /// Which end listens.
        stream: Stream,
    },
    /// A SPICE channel, by the kind of device.
    SpiceVmc,
    /// A SPICE port with this name.
    SpicePort(Text),
    /// A channel of a D-Bus display with this name.
    Dbus(Text),
    /// QEMU's own vdagent.
    QemuVdagent {
        /// Whether the clipboard is shared.
        clipboard: Option<bool>,
        /// Whether the mouse pointer is that of the client.
        mouse: Option<bool>,
    },
}

/// A host and a port.
#[derive(Debug)]
pub(crate) struct Inet {
    /// The host's name or address.
    pub host: Text,
    /// The port's number or name.
    pub port: Text,
}

/// Which end of a stream socket listens.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stream {
    /// Whether QEMU listens.
    pub listens: bool,
    /// Whether a listening QEMU waits for a connection before it starts.
    pub waits: bool,
    /// The time in seconds after which QEMU reconnects; 0 is never, `None` QEMU's default.
    pub reconnect: Option<u32>,
}

/// How QEMU opens a UNIX socket.
#[derive(Debug)]
pub(crate) enum UnixSocket {
    /// By its path.
    Path {
        /// The path.
        path: Text,
        /// The process that listens, where QEMU connects.
        peer: Process,
        /// How it is started, where that is left to the launcher.
        helper: Option<Box<Helper>>,
    },
    /// It inherits a listening socket.
    Passed(Passed),
}

/// A file that QEMU writes for a character device.
#[derive(Debug)]
pub(crate) enum Written {
    /// QEMU opens it.
    Path {
        /// Its path.
        path: Text,
        /// Whether QEMU appends to it.
        append: Option<bool>,
    },
    /// QEMU inherits a descriptor, which appends to the file.
    Passed {
        /// The descriptor set.
        set: FdSet,
        /// The comment on the descriptor in the set (`opaque=`).
        opaque: Text,
    },
}

impl CharBackend {
    /// A backend that discards its input.
    pub fn discarding() -> Self {
        Self { kind: CharBackendKind::Null, log: None }
    }

    /// A UNIX socket at `path` to which QEMU connects; `peer` listens there.
    pub fn connected(path: impl Into<Text>, peer: Process, reconnect: Option<u32>) -> Self {
        let socket = UnixSocket::Path { path: path.into(), peer, helper: None };
        let stream = Stream { reconnect, ..Stream::default() };
        Self { kind: CharBackendKind::Unix { socket, stream }, log: None }
    }

    /// Like [`connected`](Self::connected), to a process that the launcher starts as `helper` says.
    pub fn started(path: impl Into<Text>, helper: Helper, reconnect: Option<u32>) -> Self {
        let (path, peer) = (path.into(), helper.process());
        let socket = UnixSocket::Path { path, peer, helper: Some(Box::new(helper)) };
        let stream = Stream { reconnect, ..Stream::default() };
        Self { kind: CharBackendKind::Unix { socket, stream }, log: None }
    }

    /// A UNIX socket at `path` at which QEMU listens; QEMU waits for a connection before it starts.
    pub fn awaited(path: impl Into<Text>) -> Self {
        let socket = UnixSocket::Path { path: path.into(), peer: Process::Peer, helper: None };
        let stream = Stream { listens: true, waits: true, reconnect: None };
        Self { kind: CharBackendKind::Unix { socket, stream }, log: None }
    }

    /// A UNIX socket at `path` at which QEMU listens, for the element at `pos`. QEMU inherits it, unless this QEMU cannot
    /// or there is no launcher.
    pub fn listening(cx: &mut Prepare<'_>, path: &str, pos: Pos) -> Result<Self, Problem> {
        let socket = if cx.has(Cap::ChardevFdPassCommandline) && cx.has_launcher() {
            UnixSocket::Passed(cx.pass(&Descriptor::UnixListen { path }, pos)?)
        } else {
            UnixSocket::Path { path: path.to_owned().into(), peer: Process::Peer, helper: None }
        };
        let stream = Stream { listens: true, ..Stream::default() };
        Ok(Self { kind: CharBackendKind::Unix { socket, stream }, log: None })
    }

    /// The backend `source` of the device `alias`.
    pub fn of(cx: &mut Prepare<'_>, source: &ChardevSource, alias: &str) -> Result<Self, Problem> {
        // The descriptor of a log is numbered before that of a socket, and after that of a file.
        if matches!(source.backend, Backend::Unix(_)) {
            let log = log(cx, source, alias)?;
            return Ok(Self { kind: kind(cx, source, alias)?, log });
        }
        let kind = kind(cx, source, alias)?;
        Ok(Self { kind, log: log(cx, source, alias)? })
    }

    /// Like [`of`](Self::of); a UNIX socket without a path gets the one of `path`.
    pub fn with_path(
        cx: &mut Prepare<'_>,
        source: &ChardevSource,
        alias: &str,
        path: impl FnOnce(&Prepare<'_>) -> String,
    ) -> Result<Self, Problem> {
        if !matches!(source.backend, Backend::Unix(Unix { path: None, .. })) {
            return Self::of(cx, source, alias);
        }
        let path = path(cx);
        let log = log(cx, source, alias)?;
        Ok(Self { log, ..Self::listening(cx, &path, source.pos)? })
    }
}

/// The log file of a character device; `None` without one.
fn log(cx: &mut Prepare<'_>, source: &ChardevSource, alias: &str) -> Result<Option<Written>, Problem> {
    let Some(log) = &source.log else { return Ok(None) };
    let Some(path) = log.file.as_deref() else { return Ok(None) };
    let wanted = Descriptor::ChardevLog { path, append: log.append.is_some_and(OnOff::is_on) };
    written(cx, path, log.append, Owner { alias, pos: source.pos }, &wanted).map(Some)
}

fn kind(cx: &mut Prepare<'_>, source: &ChardevSource, alias: &str) -> Result<CharBackendKind, Problem> {
    let release = cx.release();
    let lacks = |rule, attribute: &str| {
        let message =
            format!("the source of a character device of type `{}` lacks `{attribute}`", source.kind());
        broken(release, rule, source.pos.path("source"), message)
    };
    let no_path = || lacks(&rules::SOURCE_PATH, "path");
    let path = |path: &Option<String>| path.as_ref().map(Text::from).ok_or_else(no_path);
    let channel = |name: &Option<String>| {
        name.as_ref().map(Text::from).ok_or_else(|| lacks(&rules::SOURCE_CHANNEL, "channel"))
    };
    Ok(match &source.backend {
        Backend::Null => CharBackendKind::Null,
        Backend::Vc => CharBackendKind::Vc,
        Backend::Pty { .. } => CharBackendKind::Pty,
        Backend::Stdio => CharBackendKind::Stdio,
        Backend::Dev { path: device } => CharBackendKind::Device(path(device)?),
        Backend::Pipe { path: pipe } => CharBackendKind::Pipe(path(pipe)?),
        Backend::File { path: file, append } => {
            let path = file.as_deref().ok_or_else(no_path)?;
            let owner = Owner { alias, pos: source.pos };
            let wanted = Descriptor::ChardevFile { path, append: append.is_some_and(OnOff::is_on) };
            CharBackendKind::File(written(cx, path, *append, owner, &wanted)?)
        }
        Backend::Udp(udp) => self::udp(cx, udp, source.pos)?,
        Backend::Tcp(tcp) => self::tcp(cx, tcp, alias, source.pos)?,
        Backend::Unix(unix) => {
            let path = unix.path.as_deref().ok_or_else(no_path)?;
            if unix.listens() {
                return Ok(CharBackend::listening(cx, path, source.pos)?.kind);
            }
            let socket = UnixSocket::Path { path: path.to_owned().into(), peer: Process::Peer, helper: None };
            CharBackendKind::Unix { socket, stream: stream(false, unix.reconnect) }
        }
        Backend::SpiceVmc => CharBackendKind::SpiceVmc,
        Backend::SpicePort { channel: name } => CharBackendKind::SpicePort(channel(name)?),
        Backend::Dbus { channel: name } => CharBackendKind::Dbus(channel(name)?),
        Backend::QemuVdagent { mouse, copypaste } => CharBackendKind::QemuVdagent {
            clipboard: copypaste.map(YesNo::is_yes),
            mouse: mouse.map(|mouse| mouse == MouseMode::Client),
        },
        Backend::Nmdm { .. } => {
            let message = "a character device has type `nmdm`, which is for bhyve";
            return Err(broken(release, &rules::BACKEND, source.pos, message));
        }
    })
}

fn udp(cx: &Prepare<'_>, udp: &Udp, at: Pos) -> Result<CharBackendKind, Problem> {
    let or = |text: &Option<String>, default: &'static str| text.as_ref().map_or(default.into(), Text::from);
    let port = udp.connect_service.as_ref().ok_or_else(|| {
        let message = "a character device of type `udp` lacks `service` of its source with mode `connect`";
        broken(cx.release(), &rules::SOURCE_UDP, at.path("source"), message)
    })?;
    let bound = udp.bind_host.is_some() || udp.bind_service.is_some();
    Ok(CharBackendKind::Udp {
        remote: Inet { host: or(&udp.connect_host, ""), port: port.into() },
        local: bound.then(|| Inet { host: or(&udp.bind_host, ""), port: or(&udp.bind_service, "0") }),
    })
}

fn tcp(cx: &mut Prepare<'_>, tcp: &Tcp, alias: &str, pos: Pos) -> Result<CharBackendKind, Problem> {
    let release = cx.release();
    let lacks = |attribute| {
        let message = format!("the source of a character device of type `tcp` lacks `{attribute}`");
        broken(release, &rules::SOURCE_TCP, pos.path("source"), message)
    };
    let host = tcp.host.as_ref().ok_or_else(|| lacks("host"))?;
    let port = tcp.service.as_ref().ok_or_else(|| lacks("service"))?;
    // The default of `tls=` is the driver's setting.
    let wants_tls = tcp.tls.map_or(cx.settings().chardev_tls, YesNo::is_yes);
    let tls = if wants_tls { Some(tls::chardev(cx, &id(alias), tcp.listens(), pos)?) } else { None };
    Ok(CharBackendKind::Tcp {
        at: Inet { host: host.into(), port: port.into() },
        telnet: tcp.protocol == Some(Protocol::Telnet),
        stream: stream(tcp.listens(), tcp.reconnect),
        tls,
    })
}

fn stream(listens: bool, reconnect: Option<Reconnect>) -> Stream {
    Stream { listens, waits: false, reconnect: reconnect.and_then(reconnect_seconds) }
}

/// The time in seconds after which QEMU reconnects; 0 is never, `None` QEMU's default.
pub(crate) fn reconnect_seconds(reconnect: Reconnect) -> Option<u32> {
    match reconnect.enabled? {
        // Without `timeout=` libvirt sets 0, which disables reconnecting.
        YesNo::Yes => Some(reconnect.timeout.unwrap_or(0)),
        YesNo::No => Some(0),
    }
}

/// The device that a file belongs to.
#[derive(Clone, Copy)]
struct Owner<'a> {
    alias: &'a str,
    pos: Pos,
}

/// How QEMU opens the file at `path`: with virtlogd it inherits a descriptor, which always appends.
fn written(
    cx: &mut Prepare<'_>,
    path: &str,
    append: Option<OnOff>,
    owner: Owner<'_>,
    wanted: &Descriptor<&str>,
) -> Result<Written, Problem> {
    if !cx.release().has(Convention::ChardevFileFdset) || !cx.has_launcher() {
        return Ok(Written::Path { path: path.to_owned().into(), append: append.map(OnOff::is_on) });
    }
    let suffix = if matches!(wanted, Descriptor::ChardevLog { .. }) { "-log" } else { "-source" };
    let passed = cx.pass(wanted, owner.pos)?;
    Ok(Written::Passed { set: cx.numbers.set(passed), opaque: text!(owner.alias, suffix) })
}

/// The id of the backend of device `alias`.
pub(crate) fn id(alias: &str) -> Text {
    text!("char", alias)
}
