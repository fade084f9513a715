//! `<graphics>`: a display of the guest's screen.

pub mod listen;
pub mod spice;

use crate::device::sound::{read_audio_id, write_audio_id};
use crate::info::DeviceInfo;
use crate::read::{El, Element, ONCE_INTERNAL, Reader, attr_place};
use crate::write::{Tag, Writer};
use crate::{Class, YesNo};

pub use listen::{Listen, ListenType, Listens};
pub use spice::{Gl, Spice};

crate::rules! {
    /// The validity of a password is a UTC time without time zone.
    GRAPHICS_PASSWORD_TIME = "graphics-password-time": Internal, Read,
        "`<graphics passwdValidTo=>`: `YYYY-MM-DDTHH:MM:SS`",
        help "write a time such as `2038-01-19T03:14:07`";
    /// VNC keeps its clients when the password changes.
    GRAPHICS_VNC_CONNECTED = "graphics-vnc-connected": Unsupported, Read,
        "`<graphics type='vnc' connected=>`: QEMU's VNC server has no other behaviour",
        help "use `connected='keep'`, or remove `connected=`";
}

spelled! {
    /// `type=`: the kind of display.
    pub enum GraphicsType {
        /// A window on the host.
        Sdl = "sdl",
        /// VNC.
        Vnc = "vnc",
        /// RDP.
        Rdp = "rdp",
        /// A window of VirtualBox or VMware.
        Desktop = "desktop",
        /// SPICE.
        Spice = "spice",
        /// OpenGL rendering on the host for another display.
        EglHeadless = "egl-headless",
        /// D-Bus.
        Dbus = "dbus" since "8.4",
    }
}

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

spelled! {
    /// `connected=`: what happens to connected clients when the password changes.
    pub enum Connected {
        /// The change fails.
        Fail = "fail",
        /// They are disconnected.
        Disconnect = "disconnect",
        /// They stay connected.
        Keep = "keep",
    }
}

/// `passwd=`, and the attributes that need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// `passwd=`.
    pub password: String,
    /// `passwdValidTo=`, as `YYYY-MM-DDTHH:MM:SS` (UTC).
    pub valid_to: Option<String>,
    /// `connected=`.
    pub connected: Option<Connected>,
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

/// `<graphics type='rdp'>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rdp {
    /// `<listen>`, one or more.
    pub listens: Listens,
    /// `port=`, the TCP port; 0 for none.
    pub port: i32,
    /// `autoport=`: whether the port is allocated at the start; `port` is 0 then.
    pub autoport: bool,
    /// `replaceUser=`: whether a new client replaces the present one.
    pub replace_user: bool,
    /// `multiUser=`: whether several clients can connect.
    pub multi_user: bool,
    /// `username=`.
    pub username: Option<String>,
    /// `passwd=`, and the attributes that need it.
    pub auth: Option<Auth>,
}

/// `<graphics type='dbus'>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dbus {
    /// `p2p=`: whether clients connect directly, without a bus.
    pub p2p: bool,
    /// `address=` of the bus; without it, a bus that libvirt starts for the domain.
    pub address: Option<String>,
    /// `<gl>`.
    pub gl: Option<Gl>,
    /// `<audio id=>`: the audio backend for clients.
    pub audio: Option<u32>,
}

/// `type=`, with the settings of that type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Display {
    /// `type='sdl'`
    Sdl {
        /// `display=`: the X display.
        display: Option<String>,
        /// `xauth=`: the X authority file.
        xauth: Option<String>,
        /// `fullscreen=`: whether the window fills the screen.
        fullscreen: bool,
        /// `<gl enable=>`.
        gl: Option<YesNo>,
    },
    /// `type='vnc'`
    Vnc(Vnc),
    /// `type='rdp'`
    Rdp(Rdp),
    /// `type='desktop'`
    Desktop {
        /// `display=`: the X display.
        display: Option<String>,
        /// `fullscreen=`: whether the window fills the screen.
        fullscreen: bool,
    },
    /// `type='spice'`
    Spice(Box<Spice>),
    /// `type='egl-headless'`
    EglHeadless {
        /// `<gl rendernode=>`: the DRM render node of the host.
        rendernode: Option<String>,
    },
    /// `type='dbus'`
    Dbus(Dbus),
}

/// `<graphics>`.
#[derive(Debug, Clone, PartialEq)]
pub struct Graphics {
    /// The place in the text; a display has no alias and no address.
    pub info: DeviceInfo,
    /// `type=`, with the settings of that type.
    pub display: Display,
}

impl Graphics {
    /// `type=`.
    pub fn kind(&self) -> GraphicsType {
        match self.display {
            Display::Sdl { .. } => GraphicsType::Sdl,
            Display::Vnc(_) => GraphicsType::Vnc,
            Display::Rdp(_) => GraphicsType::Rdp,
            Display::Desktop { .. } => GraphicsType::Desktop,
            Display::Spice(_) => GraphicsType::Spice,
            Display::EglHeadless { .. } => GraphicsType::EglHeadless,
            Display::Dbus(_) => GraphicsType::Dbus,
        }
    }

    /// Every `<listen>` of a remote display; none for other types.
    pub fn listens(&self) -> impl Iterator<Item = &Listen> {
        let listens = match &self.display {
            Display::Vnc(vnc) => Some(&vnc.listens),
            Display::Rdp(rdp) => Some(&rdp.listens),
            Display::Spice(spice) => Some(&spice.listens),
            Display::Sdl { .. }
            | Display::Desktop { .. }
            | Display::EglHeadless { .. }
            | Display::Dbus(_) => None,
        };
        listens.into_iter().flat_map(Listens::iter)
    }
}

impl Element for Graphics {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let yes = |r: &mut Reader, name| r.attr_as(ONCE_INTERNAL, el, name) == Some(YesNo::Yes);
        let display = match r.required_as(ONCE_INTERNAL, ONCE_INTERNAL, el, "type")? {
            GraphicsType::Sdl => Display::Sdl {
                fullscreen: yes(r, "fullscreen"),
                xauth: el.string("xauth"),
                display: el.string("display"),
                gl: el.child("gl").and_then(|gl| r.required_as(Class::Xml, ONCE_INTERNAL, gl, "enable")),
            },
            GraphicsType::Vnc => Display::Vnc(Vnc::read(el, r)),
            GraphicsType::Rdp => Display::Rdp(Rdp::read(el, r)),
            GraphicsType::Desktop => {
                Display::Desktop { fullscreen: yes(r, "fullscreen"), display: el.string("display") }
            }
            GraphicsType::Spice => Display::Spice(Box::new(Spice::read(el, r))),
            GraphicsType::EglHeadless => {
                Display::EglHeadless { rendernode: el.child("gl").and_then(|gl| gl.string("rendernode")) }
            }
            GraphicsType::Dbus => Display::Dbus(Dbus {
                p2p: yes(r, "p2p"),
                address: el.string("address"),
                gl: Gl::read(el, r),
                audio: read_audio_id(el, r),
            }),
        };
        Some(Self { info: DeviceInfo { pos: el.pos(), ..DeviceInfo::default() }, display })
    }

    fn write(&self, w: &mut Writer) {
        let tag = w.element("graphics").attr("type", self.kind());
        let full = |yes: bool| yes.then_some(YesNo::Yes);
        let tag = match &self.display {
            Display::Sdl { display, xauth, fullscreen, .. } => tag
                .opt("display", display.as_ref())
                .opt("xauth", xauth.as_ref())
                .opt("fullscreen", full(*fullscreen)),
            Display::Vnc(vnc) => vnc.attributes(tag),
            Display::Rdp(rdp) => rdp.attributes(tag),
            Display::Desktop { display, fullscreen } => {
                tag.opt("display", display.as_ref()).opt("fullscreen", full(*fullscreen))
            }
            Display::Spice(spice) => spice.attributes(tag),
            Display::EglHeadless { .. } => tag,
            Display::Dbus(dbus) => tag.opt("p2p", full(dbus.p2p)).opt("address", dbus.address.as_ref()),
        };
        tag.children(|w| self.write_children(w));
    }
}

impl Graphics {
    fn write_children(&self, w: &mut Writer) {
        for listen in self.listens() {
            listen.write(w);
        }
        match &self.display {
            Display::Sdl { gl: Some(enable), .. } => w.element("gl").attr("enable", enable).empty(),
            Display::Vnc(vnc) => write_audio_id(vnc.audio, w),
            Display::Spice(spice) => spice.children(w),
            Display::EglHeadless { rendernode: Some(node) } => {
                w.element("gl").attr("rendernode", node).empty();
            }
            Display::Dbus(dbus) => {
                if let Some(gl) = &dbus.gl {
                    gl.write(w);
                }
                write_audio_id(dbus.audio, w);
            }
            _ => {}
        }
    }
}

impl Vnc {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        let mut vnc = Self { listens: Listens::read(el, true, r), ..Self::default() };
        (vnc.port, vnc.autoport) = read_port(el, r);
        match el.get("autoport") {
            Some("yes") => vnc.autoport = true,
            Some("no") => vnc.autoport = false,
            // libvirt ignores other words.
            _ => {}
        }
        // Without a TCP listener, `port=` and `autoport=` are ignored and not written.
        let tcp = vnc.listens.first.is_tcp();
        vnc.autoport |= !tcp;
        if vnc.autoport {
            vnc.port = 0;
        }
        vnc.websocket = r.attr_as(ONCE_INTERNAL, el, "websocket").filter(|port| tcp && *port != 0);
        vnc.share_policy = r.attr_as(ONCE_INTERNAL, el, "sharePolicy");
        vnc.power_control = r.attr_since("7.1", el, "powerControl");
        vnc.keymap = el.string("keymap");
        vnc.audio = r.knows("7.2").then(|| read_audio_id(el, r)).flatten();
        vnc.auth = Auth::read(el, true, r);
        vnc
    }

    fn attributes<'w>(&self, mut tag: Tag<'w>) -> Tag<'w> {
        let listen = &self.listens.first;
        if listen.is_tcp() {
            let port = if self.autoport { Some(-1) } else { Some(self.port).filter(|p| *p != 0) };
            tag = tag
                .opt("port", port)
                .attr("autoport", YesNo::from(self.autoport))
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

impl Rdp {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        let mut rdp = Self { listens: Listens::read(el, false, r), ..Self::default() };
        (rdp.port, rdp.autoport) = read_port(el, r);
        // Port 0 stands for automatic allocation.
        rdp.autoport |= el.get("autoport") == Some("yes") || rdp.port == 0;
        if rdp.autoport {
            rdp.port = 0;
        }
        rdp.replace_user = el.get("replaceUser") == Some("yes");
        rdp.multi_user = el.get("multiUser") == Some("yes");
        rdp.username = el.string("username");
        rdp.auth = Auth::read(el, false, r);
        rdp
    }

    fn attributes<'w>(&self, tag: Tag<'w>) -> Tag<'w> {
        let yes = |yes: bool| yes.then_some(YesNo::Yes);
        let port = Some(self.port).filter(|port| self.autoport || *port != 0);
        let tag = tag
            .opt("port", port)
            .opt("autoport", yes(self.autoport))
            .opt("replaceUser", yes(self.replace_user))
            .opt("multiUser", yes(self.multi_user))
            .opt("listen", self.listens.first.address.as_ref())
            .opt("username", self.username.as_ref());
        Auth::write(self.auth.as_ref(), tag)
    }
}

/// `port=` (0 where it is not given or -1), and whether it is to be allocated.
fn read_port(el: El<'_>, r: &mut Reader) -> (i32, bool) {
    match r.attr_as(Class::Internal, el, "port") {
        Some(-1) | None => (0, true),
        Some(port) => (port, false),
    }
}

impl Auth {
    fn read(el: El<'_>, vnc: bool, r: &mut Reader) -> Option<Self> {
        let mut auth = Self { password: el.string("passwd")?, valid_to: None, connected: None };
        if let Some(text) = el.get("passwdValidTo") {
            auth.valid_to = time(text);
            if auth.valid_to.is_none() {
                let message = format!(
                    "attribute 'passwdValidTo' of element 'graphics' is '{text}', expected 'YYYY-MM-DDTHH:MM:SS'"
                );
                r.refuse(&GRAPHICS_PASSWORD_TIME, attr_place(el, "passwdValidTo"), message);
            }
        }
        auth.connected = r.attr_as(Class::Unsupported, el, "connected");
        if vnc && auth.connected.is_some_and(|connected| connected != Connected::Keep) {
            let message = format!(
                "attribute 'connected' of element 'graphics' is '{}', VNC supports only connected='keep'",
                el.get("connected").unwrap_or_default()
            );
            r.refuse(&GRAPHICS_VNC_CONNECTED, attr_place(el, "connected"), message);
        }
        Some(auth)
    }

    fn write<'w>(auth: Option<&Self>, tag: Tag<'w>) -> Tag<'w> {
        let Some(auth) = auth else { return tag };
        tag.attr("passwd", &auth.password)
            .opt("passwdValidTo", auth.valid_to.as_ref())
            .opt("connected", auth.connected)
    }
}

/// Parses `YYYY-MM-DDTHH:MM:SS` and pads each part with zeros.
fn time(text: &str) -> Option<String> {
    let (date, clock) = text.split_once('T')?;
    let date: Vec<u16> = date.split('-').map(|n| n.parse().ok()).collect::<Option<_>>()?;
    let clock: Vec<u16> = clock.split(':').map(|n| n.parse().ok()).collect::<Option<_>>()?;
    let ([year, month, day], [hour, minute, second]) = (date.as_slice(), clock.as_slice()) else {
        return None;
    };
    let fits = (1..=9999).contains(year)
        && (1..=12).contains(month)
        && (1..=31).contains(day)
        && *hour < 24
        && *minute < 60
        && *second < 60;
    fits.then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `text` as the only display, and returns it as written, and the problems.
    fn rewrite(text: &str) -> (String, Vec<String>) {
        let document = format!(
            "<domain type='kvm'><name>n</name><os><type>hvm</type></os><devices>{text}</devices></domain>"
        );
        let parsed = crate::parse(&document);
        let problems = parsed.report.iter().map(ToString::to_string).collect();
        let mut w = Writer::new();
        for graphics in &parsed.value.unwrap().devices.graphics {
            graphics.write(&mut w);
        }
        (w.finish().replace("\n  ", "").replace('\n', ""), problems)
    }

    #[test]
    fn what_is_implied_is_written_out() {
        let check = |text, expected| {
            assert_eq!(rewrite(text), (String::from(expected), vec![]));
            assert_eq!(rewrite(expected).0, expected);
        };
        check(
            "<graphics type='vnc' listen='::1' passwd='x' connected='keep'/>",
            "<graphics type='vnc' port='-1' autoport='yes' listen='::1' passwd='x' connected='keep'>\
             <listen type='address' address='::1'/></graphics>",
        );
        check(
            "<graphics type='vnc' port='5901' socket='/s'><listen type='address'/></graphics>",
            "<graphics type='vnc' socket='/s'><listen type='socket' socket='/s'/></graphics>",
        );
        check(
            "<graphics type='spice' port='-1' tlsPort='-1' connected='fail'><channel name='main' mode='any'/>\
             <mouse mode='client'/><image compression='off'/></graphics>",
            "<graphics type='spice' autoport='yes'><listen type='address'/><image compression='off'/>\
             <mouse mode='client'/></graphics>",
        );
        check(
            "<graphics type='rdp' passwdValidTo='2020-1-2T3:04:05' passwd='p'/>",
            "<graphics type='rdp' port='0' autoport='yes' passwd='p' passwdValidTo='2020-01-02T03:04:05'>\
             <listen type='address'/></graphics>",
        );
        check(
            "<graphics type='dbus' p2p='yes'><audio id='2'/></graphics>",
            "<graphics type='dbus' p2p='yes'><audio id='2'/></graphics>",
        );
    }

    #[test]
    fn contradictions_are_named() {
        let check = |text, expected: &[&str]| {
            let (_, problems) = rewrite(text);
            assert_eq!(problems, expected);
        };
        check(
            "<graphics type='vnc' listen='a'><listen type='address' address='b'/></graphics>",
            &[
                "unsupported configuration: attribute 'listen' of element 'graphics' is 'a', but the first 'listen' has \
               'address' 'b'",
            ],
        );
        check(
            "<graphics type='spice'><listen type='none' network='n'/></graphics>",
            &["XML error: attribute 'network' of element 'listen' is for type 'network', the type is 'none'"],
        );
        check(
            "<graphics type='vnc' passwd='p' connected='fail'/>",
            &[
                "unsupported configuration: attribute 'connected' of element 'graphics' is 'fail', VNC supports only \
               connected='keep'",
            ],
        );
        check(
            "<graphics type='vnc' passwd='p' passwdValidTo='soon'/>",
            &["internal error: attribute 'passwdValidTo' of element 'graphics' is 'soon', expected \
               'YYYY-MM-DDTHH:MM:SS'"],
        );
    }
}
