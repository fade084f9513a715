//! The backend of a character device on the host, as every device with a character device has it.

use crate::read::{self, El, Element, INTERNAL_BEFORE_9_0, Reader};
use crate::security::DeviceSeclabel;
use crate::write::{Tag, Writer};
use crate::{Class, OnOff, Pos, YesNo};

crate::rules! {
    /// A character device has one `<source>`, one of type `udp` two.
    CHARDEV_SOURCE_COUNT = "chardev-source-count": Xml, Read,
        "`<source>`; `udp` has one end to bind and one to connect",
        help "remove the other `<source>`";
    /// A character device has at most one `<log>` and one `<protocol>`.
    CHARDEV_CHILD_COUNT = "chardev-child-count": Xml, Read, "`<log>`, `<protocol>`",
        help "keep one of them";
}

mod socket;

pub use self::socket::{Protocol, Reconnect, SourceMode, Tcp, Udp, Unix};

spelled! {
    /// `type=` of a character device: the kind of backend.
    pub enum SourceType {
        /// Output is discarded.
        Null = "null",
        /// A virtual console of the display.
        Vc = "vc",
        /// A pseudo terminal.
        Pty = "pty",
        /// A character device of the host.
        Dev = "dev",
        /// A file that output is written to.
        File = "file",
        /// A pair of named pipes.
        Pipe = "pipe",
        /// QEMU's own standard input and output.
        Stdio = "stdio",
        /// UDP datagrams.
        Udp = "udp",
        /// A TCP connection.
        Tcp = "tcp",
        /// A UNIX socket.
        Unix = "unix",
        /// A channel that the SPICE protocol defines.
        SpiceVmc = "spicevmc",
        /// A named channel of SPICE.
        SpicePort = "spiceport",
        /// A null-modem device (FreeBSD).
        Nmdm = "nmdm" of "bhyve",
        /// The SPICE vdagent that QEMU implements.
        QemuVdagent = "qemu-vdagent" since "8.4",
        /// A channel of the D-Bus display.
        Dbus = "dbus" since "8.4",
    }
}

spelled! {
    /// What moves the mouse pointer (`<mouse mode=>`).
    pub enum MouseMode {
        /// The guest.
        Server = "server",
        /// The client.
        Client = "client",
    }
}

/// The backend of a character device, with its log and labels.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChardevSource {
    /// Place in the text of the device element.
    pub pos: Pos,
    /// `type=` and `<source>`.
    pub backend: Backend,
    /// `<log>`: a file that output is copied to.
    pub log: Option<Log>,
    /// `<seclabel>` of the source.
    pub seclabels: Vec<DeviceSeclabel>,
}

/// The kind of backend, with its `<source>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Backend {
    /// `null`
    #[default]
    Null,
    /// `vc`
    Vc,
    /// `pty`; the path is known in a running domain only.
    Pty {
        /// `<source path=>`
        path: Option<String>,
    },
    /// `dev`
    Dev {
        /// `<source path=>`
        path: Option<String>,
    },
    /// `file`
    File {
        /// `<source path=>`
        path: Option<String>,
        /// `<source append=>`: whether output is appended.
        append: Option<OnOff>,
    },
    /// `pipe`
    Pipe {
        /// `<source path=>`
        path: Option<String>,
    },
    /// `stdio`
    Stdio,
    /// `udp`
    Udp(Udp),
    /// `tcp`
    Tcp(Tcp),
    /// `unix`
    Unix(Unix),
    /// `spicevmc`
    SpiceVmc,
    /// `spiceport`
    SpicePort {
        /// `<source channel=>`
        channel: Option<String>,
    },
    /// `nmdm`
    Nmdm {
        /// `<source master=>`
        master: Option<String>,
        /// `<source slave=>`
        slave: Option<String>,
    },
    /// `qemu-vdagent`
    QemuVdagent {
        /// `<source><mouse mode=>`
        mouse: Option<MouseMode>,
        /// `<source><clipboard copypaste=>`
        copypaste: Option<YesNo>,
    },
    /// `dbus`
    Dbus {
        /// `<source channel=>`
        channel: Option<String>,
    },
}

/// `<log>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Log {
    /// `file=`: the path.
    pub file: Option<String>,
    /// `append=`: whether output is appended.
    pub append: Option<OnOff>,
}

impl Element for Log {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { file: el.string("file"), append: r.attr_as(INTERNAL_BEFORE_9_0, el, "append") })
    }

    fn write(&self, w: &mut Writer) {
        w.element("log").opt("file", self.file.as_ref()).opt("append", self.append).empty();
    }
}

impl ChardevSource {
    /// Reads `<source>`, `<log>` and `<protocol>` of `el`, for a backend of type `kind`.
    pub fn read(el: El<'_>, kind: SourceType, r: &mut Reader) -> Self {
        let sources: Vec<El<'_>> = el.children("source").collect();
        let allowed = if kind == SourceType::Udp { 2 } else { 1 };
        if let Some(extra) = sources.get(allowed) {
            let message = format!("a character device of type `{kind}` has at most {allowed} `<source>`");
            r.refuse(&CHARDEV_SOURCE_COUNT, extra.pos(), message);
        }
        let backend = Backend::read(el, kind, &sources, r);
        let labels = sources.first().map(|s| read::all::<DeviceSeclabel>(*s, "seclabel", r));
        for name in ["log", "protocol"] {
            if let Some(extra) = el.children(name).nth(1) {
                let message = format!("a character device has at most one `{name}`");
                r.refuse(&CHARDEV_CHILD_COUNT, extra.pos(), message);
            }
        }
        Self { pos: el.pos(), backend, log: read::one(el, "log", r), seclabels: labels.unwrap_or_default() }
    }

    /// The type.
    pub fn kind(&self) -> SourceType {
        self.backend.kind()
    }

    /// Writes `<source>`, `<protocol>` and `<log>`. The start tag of the device has the type.
    pub fn write(&self, w: &mut Writer) {
        self.backend.write(&self.seclabels, w);
        read::write_opt(self.log.as_ref(), w);
    }
}

impl Backend {
    fn read(el: El<'_>, kind: SourceType, sources: &[El<'_>], r: &mut Reader) -> Self {
        let source = sources.first().copied();
        let text = |name: &str| source.and_then(|s| s.string(name));
        match kind {
            SourceType::Null => Self::Null,
            SourceType::Vc => Self::Vc,
            SourceType::Stdio => Self::Stdio,
            SourceType::SpiceVmc => Self::SpiceVmc,
            SourceType::Pty => Self::Pty { path: text("path") },
            SourceType::Dev => Self::Dev { path: text("path") },
            SourceType::Pipe => Self::Pipe { path: text("path") },
            SourceType::File => Self::File {
                path: text("path"),
                append: source.and_then(|s| r.attr_as(INTERNAL_BEFORE_9_0, s, "append")),
            },
            SourceType::SpicePort => Self::SpicePort { channel: text("channel") },
            SourceType::Dbus => Self::Dbus { channel: text("channel") },
            SourceType::Nmdm => Self::Nmdm { master: text("master"), slave: text("slave") },
            SourceType::QemuVdagent => Self::QemuVdagent {
                copypaste: source.and_then(|s| s.child("clipboard")).and_then(|c| r.required(c, "copypaste")),
                mouse: source.and_then(|s| s.child("mouse")).and_then(|m| r.required(m, "mode")),
            },
            SourceType::Udp => Self::Udp(Udp::read(sources, r)),
            SourceType::Tcp => Self::Tcp(Tcp {
                mode: source.and_then(|s| r.attr_as(INTERNAL_BEFORE_9_0, s, "mode")),
                host: text("host"),
                service: text("service"),
                tls: source.and_then(|s| r.attr(s, "tls")),
                reconnect: source.and_then(|s| read::one(s, "reconnect", r)),
                protocol: el.child("protocol").and_then(|p| r.attr_as(Class::Unsupported, p, "type")),
            }),
            SourceType::Unix => Self::Unix(Unix {
                mode: source.and_then(|s| r.attr_as(INTERNAL_BEFORE_9_0, s, "mode")),
                path: text("path"),
                reconnect: source.and_then(|s| read::one(s, "reconnect", r)),
            }),
        }
    }

    /// The type.
    pub fn kind(&self) -> SourceType {
        match self {
            Self::Null => SourceType::Null,
            Self::Vc => SourceType::Vc,
            Self::Pty { .. } => SourceType::Pty,
            Self::Dev { .. } => SourceType::Dev,
            Self::File { .. } => SourceType::File,
            Self::Pipe { .. } => SourceType::Pipe,
            Self::Stdio => SourceType::Stdio,
            Self::Udp(_) => SourceType::Udp,
            Self::Tcp(_) => SourceType::Tcp,
            Self::Unix(_) => SourceType::Unix,
            Self::SpiceVmc => SourceType::SpiceVmc,
            Self::SpicePort { .. } => SourceType::SpicePort,
            Self::Nmdm { .. } => SourceType::Nmdm,
            Self::QemuVdagent { .. } => SourceType::QemuVdagent,
            Self::Dbus { .. } => SourceType::Dbus,
        }
    }

    /// The path on the host, where the type has one.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Pty { path } | Self::Dev { path } | Self::File { path, .. } | Self::Pipe { path } => {
                path.as_deref()
            }
            Self::Unix(unix) => unix.path.as_deref(),
            _ => None,
        }
    }

    fn write(&self, seclabels: &[DeviceSeclabel], w: &mut Writer) {
        let labels = |w: &mut Writer| read::write_all(seclabels, w);
        match self {
            Self::Null | Self::Vc | Self::Stdio | Self::SpiceVmc => source(w, |tag| tag, labels),
            Self::Pty { path } | Self::Dev { path } | Self::Pipe { path } => {
                source(w, |tag| tag.opt("path", path.as_ref()), labels);
            }
            Self::File { path, append } => {
                source(w, |tag| tag.opt("path", path.as_ref()).opt("append", *append), labels);
            }
            Self::SpicePort { channel } | Self::Dbus { channel } => {
                source(w, |tag| tag.opt("channel", channel.as_ref()), labels);
            }
            Self::Nmdm { master, slave } => {
                source(w, |tag| tag.opt("master", master.as_ref()).opt("slave", slave.as_ref()), labels);
            }
            Self::QemuVdagent { mouse, copypaste } => source(
                w,
                |tag| tag,
                |w| {
                    if let Some(copypaste) = copypaste {
                        w.element("clipboard").attr("copypaste", copypaste).empty();
                    }
                    if let Some(mode) = mouse {
                        w.element("mouse").attr("mode", mode).empty();
                    }
                    labels(w);
                },
            ),
            Self::Udp(udp) => udp.write(seclabels, w),
            Self::Tcp(tcp) => {
                source(
                    w,
                    |tag| {
                        tag.opt("mode", tcp.mode)
                            .opt("host", tcp.host.as_ref())
                            .opt("service", tcp.service.as_ref())
                            .opt("tls", tcp.tls)
                    },
                    |w| {
                        labels(w);
                        read::write_opt(tcp.reconnect.as_ref(), w);
                    },
                );
                if let Some(protocol) = tcp.protocol {
                    w.element("protocol").attr("type", protocol).empty();
                }
            }
            Self::Unix(unix) => source(
                w,
                |tag| tag.opt("mode", unix.mode).opt("path", unix.path.as_ref()),
                |w| {
                    labels(w);
                    read::write_opt(unix.reconnect.as_ref(), w);
                },
            ),
        }
    }
}

/// Writes `<source>`, unless it is empty.
fn source(w: &mut Writer, attributes: impl FnOnce(Tag<'_>) -> Tag<'_>, body: impl FnOnce(&mut Writer)) {
    attributes(w.element("source")).children_or_nothing(body);
}
