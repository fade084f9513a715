//! `<graphics type='vnc'>`.

use super::{Auth, Listens, read_port};
use crate::YesNo;
use crate::device::sound::read_audio_id;
use crate::read::{El, INTERNAL_BEFORE_9_0, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::Tag;

spelled! {
    /// `sharePolicy=` of VNC.
    pub enum SharePolicy {
        /// A client can ask for exclusive access, which disconnects others.
        AllowExclusive = "allow-exclusive",
        /// Access is always shared.
        ForceShared = "force-shared",
        /// All clients are accepted, whatever they ask for.
        Ignore = "ignore",
    }
}

/// `<graphics type='vnc'>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vnc {
    /// `<listen>`, one or more.
    pub listens: Listens,
    /// `port=`, the TCP port; 0 for none.
    pub port: i32,
    /// `autoport=`: whether the port is allocated at the start; `port` is 0 then.
    pub autoport: bool,
    /// `wait=`: whether the guest starts with the first client only, with a TCP listener. It has an effect on bhyve guests
    /// only.
    pub wait: Option<YesNo>,
    /// `websocket=`, the TCP port for WebSocket; -1 where it is allocated at the start.
    pub websocket: Option<i32>,
    /// `sharePolicy=` for several clients.
    pub share_policy: Option<SharePolicy>,
    /// `powerControl=`: whether clients can reset and power off the guest.
    pub power_control: Option<YesNo>,
    /// `keymap=`.
    pub keymap: Option<String>,
    /// `<audio id=>`: the audio backend for clients.
    pub audio: Option<u32>,
    /// `passwd=`, and the attributes that need it.
    pub auth: Option<Auth>,
}

impl Vnc {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        let mut vnc = Self { listens: Listens::read(el, true, r), ..Self::default() };
        (vnc.port, vnc.autoport) = read_port(el, r);
        if let Some(autoport) = r.lenient::<YesNo>(el, "autoport") {
            vnc.autoport = autoport == YesNo::Yes;
        }
        // Without a TCP listener, `port=` and `autoport=` are ignored and not written.
        let tcp = vnc.listens.first.is_tcp();
        vnc.autoport |= !tcp;
        if vnc.autoport {
            vnc.port = 0;
        }
        vnc.websocket = r.attr_as(INTERNAL_BEFORE_9_0, el, "websocket").filter(|port| tcp && *port != 0);
        vnc.wait = r.attr_since("11.10", el, "wait").filter(|_| tcp);
        vnc.share_policy = r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "sharePolicy");
        vnc.power_control = r.attr_since("7.1", el, "powerControl");
        vnc.keymap = el.string("keymap");
        vnc.audio = r.knows("7.2").then(|| read_audio_id(el, r)).flatten();
        vnc.auth = Auth::read(el, true, r);
        vnc
    }

    pub(super) fn attributes<'w>(&self, mut tag: Tag<'w>) -> Tag<'w> {
        let listen = &self.listens.first;
        if listen.is_tcp() {
            let port = if self.autoport { Some(-1) } else { Some(self.port).filter(|p| *p != 0) };
            tag = tag
                .opt("port", port)
                .attr("autoport", YesNo::from(self.autoport))
                .opt("wait", self.wait)
                .opt("websocket", self.websocket)
                .opt("listen", listen.address.as_ref());
        } else {
            tag = tag.opt("socket", listen.socket.as_ref());
        }
        let tag = tag
            .opt("keymap", self.keymap.as_ref())
            .opt("sharePolicy", self.share_policy)
            .opt("powerControl", self.power_control);
        Auth::write(self.auth.as_ref(), tag)
    }
}
