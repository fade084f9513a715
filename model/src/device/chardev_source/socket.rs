//! The backends of a character device that are sockets: UDP, TCP and UNIX.

use crate::read::{self, El, Element, INTERNAL_BEFORE_9_0, Reader};
use crate::security::DeviceSeclabel;
use crate::write::Writer;
use crate::{Pos, YesNo};

spelled! {
    /// Whether QEMU connects or listens (`mode=`).
    pub enum SourceMode {
        /// QEMU connects.
        Connect = "connect",
        /// QEMU listens.
        Bind = "bind",
    }
}

spelled! {
    /// The protocol over TCP (`<protocol type=>`).
    pub enum Protocol {
        /// Plain bytes.
        Raw = "raw",
        /// Telnet.
        Telnet = "telnet",
        /// Telnet over TLS.
        Telnets = "telnets",
        /// TLS.
        Tls = "tls",
    }
}

/// The UDP addresses that a backend sends to and receives at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Udp {
    /// `<source mode='bind' host=>`
    pub bind_host: Option<String>,
    /// `<source mode='bind' service=>`
    pub bind_service: Option<String>,
    /// `<source mode='connect' host=>`
    pub connect_host: Option<String>,
    /// `<source mode='connect' service=>`
    pub connect_service: Option<String>,
}

/// A TCP connection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tcp {
    /// `<source mode=>`; without it, QEMU connects.
    pub mode: Option<SourceMode>,
    /// `<source host=>`
    pub host: Option<String>,
    /// `<source service=>`
    pub service: Option<String>,
    /// `<source tls=>`: whether the connection is encrypted.
    pub tls: Option<YesNo>,
    /// `<source><reconnect>`
    pub reconnect: Option<Reconnect>,
    /// `<protocol type=>`; without it, raw.
    pub protocol: Option<Protocol>,
}

impl Tcp {
    /// Whether QEMU listens.
    pub fn listens(&self) -> bool {
        self.mode == Some(SourceMode::Bind)
    }
}

/// A UNIX socket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unix {
    /// `<source mode=>`; without it, QEMU connects where there is a path, else listens.
    pub mode: Option<SourceMode>,
    /// `<source path=>`
    pub path: Option<String>,
    /// `<source><reconnect>`
    pub reconnect: Option<Reconnect>,
}

impl Unix {
    /// Whether QEMU listens.
    pub fn listens(&self) -> bool {
        self.mode == Some(SourceMode::Bind) || self.path.is_none()
    }
}

/// `<reconnect>`: whether QEMU connects again after the connection is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reconnect {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `enabled=`
    pub enabled: Option<YesNo>,
    /// `timeout=` in seconds, read only with `enabled='yes'`.
    pub timeout: Option<u32>,
}

impl Reconnect {
    /// Whether it is `enabled='yes'`.
    pub fn is_on(&self) -> bool {
        self.enabled == Some(YesNo::Yes)
    }
}

impl Element for Reconnect {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let enabled = r.attr(el, "enabled");
        // libvirt ignores the timeout otherwise.
        let timeout = if enabled == Some(YesNo::Yes) { r.required(el, "timeout") } else { None };
        Some(Self { pos: el.pos(), enabled, timeout })
    }

    fn write(&self, w: &mut Writer) {
        w.element("reconnect").opt("enabled", self.enabled).opt("timeout", self.timeout).empty();
    }
}

impl Udp {
    pub(super) fn read(sources: &[El<'_>], r: &mut Reader) -> Self {
        let mut udp = Self::default();
        for source in sources {
            let mode = r.attr_as(INTERNAL_BEFORE_9_0, *source, "mode").unwrap_or(SourceMode::Connect);
            let (host, service) = (source.string("host"), source.string("service"));
            let (known_host, known_service) = match mode {
                SourceMode::Connect => (&mut udp.connect_host, &mut udp.connect_service),
                SourceMode::Bind => (&mut udp.bind_host, &mut udp.bind_service),
            };
            // libvirt takes the first `<source>` of each mode.
            if known_host.is_none() && known_service.is_none() {
                (*known_host, *known_service) = (host, service);
            }
        }
        udp
    }

    pub(super) fn write(&self, seclabels: &[DeviceSeclabel], w: &mut Writer) {
        let mut seclabels = Some(seclabels);
        let ends = [
            (SourceMode::Bind, &self.bind_host, &self.bind_service),
            (SourceMode::Connect, &self.connect_host, &self.connect_service),
        ];
        for (mode, host, service) in ends {
            let labelled = mode == SourceMode::Connect && seclabels.is_some_and(|labels| !labels.is_empty());
            if host.is_none() && service.is_none() && !labelled {
                continue;
            }
            let tag = w.element("source").attr("mode", mode);
            let tag = tag.opt("host", host.as_ref()).opt("service", service.as_ref());
            // The labels are written in the first `<source>`.
            tag.children(|w| read::write_all(seclabels.take().unwrap_or_default(), w));
        }
    }
}
