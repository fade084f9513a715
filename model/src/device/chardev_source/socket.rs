//! The ends of a character device that are sockets.

use super::ONCE_INTERNAL;
use crate::read::{El, Element, Reader};
use crate::write::Writer;
use crate::{Pos, YesNo};

spelled! {
    /// Which side opens a connection (`mode=`).
    pub enum SourceMode {
        /// QEMU connects.
        Connect = "connect",
        /// QEMU listens.
        Bind = "bind",
    }
}

spelled! {
    /// What is spoken over TCP (`<protocol type=>`).
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

/// A pair of UDP addresses.
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
    /// `<source mode=>`; left out QEMU connects.
    pub mode: Option<SourceMode>,
    /// `<source host=>`
    pub host: Option<String>,
    /// `<source service=>`
    pub service: Option<String>,
    /// `<source tls=>`
    pub tls: Option<YesNo>,
    /// `<source><reconnect>`
    pub reconnect: Option<Reconnect>,
    /// `<protocol type=>`; left out it is raw.
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
    /// `<source mode=>`; left out QEMU connects, or listens where there is no path either.
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

/// `<reconnect>`: whether a lost connection is made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reconnect {
    /// Where it stands.
    pub pos: Pos,
    /// `enabled=`
    pub enabled: Option<YesNo>,
    /// `timeout=` of an enabled one, in seconds.
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
        // Otherwise the time means nothing.
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
            let mode = r.attr_kinds(ONCE_INTERNAL, *source, "mode").unwrap_or(SourceMode::Connect);
            let (host, service) = (source.string("host"), source.string("service"));
            match mode {
                SourceMode::Connect => (udp.connect_host, udp.connect_service) = (host, service),
                SourceMode::Bind => (udp.bind_host, udp.bind_service) = (host, service),
            }
        }
        udp
    }

    pub(super) fn write(&self, labels: impl FnOnce(&mut Writer), w: &mut Writer) {
        // Labels are read from the first of the two.
        let mut labels = Some(labels);
        if self.bind_host.is_some() || self.bind_service.is_some() {
            w.element("source")
                .attr("mode", SourceMode::Bind)
                .opt("host", self.bind_host.as_ref())
                .opt("service", self.bind_service.as_ref())
                .children(|w| labels.take().into_iter().for_each(|labels| labels(w)));
        }
        w.element("source")
            .attr("mode", SourceMode::Connect)
            .opt("host", self.connect_host.as_ref())
            .opt("service", self.connect_service.as_ref())
            .children(|w| labels.into_iter().for_each(|labels| labels(w)));
    }
}
