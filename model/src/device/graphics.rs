//! `<graphics>`: a display of the guest's screen.

pub mod auth;
pub mod listen;
mod rdp;
pub mod spice;
mod vnc;

use crate::device::sound::{read_audio_id, write_audio_id};
use crate::info::DeviceInfo;
use crate::read::{El, Element, INTERNAL_BEFORE_9_0, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::Writer;
use crate::{Class, YesNo};

pub use auth::{Auth, Connected};
pub use listen::{Listen, ListenType, Listens};
pub use rdp::Rdp;
pub use spice::{Gl, Spice};
pub use vnc::{SharePolicy, Vnc};

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
        Desktop = "desktop" of "VirtualBox",
        /// SPICE.
        Spice = "spice",
        /// OpenGL rendering on the host for another display.
        EglHeadless = "egl-headless",
        /// D-Bus.
        Dbus = "dbus" since "8.4",
    }
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
    /// Leaves the password out of what is written.
    pub(crate) fn hide_secrets(&mut self) {
        let auth = match &mut self.display {
            Display::Vnc(vnc) => &mut vnc.auth,
            Display::Spice(spice) => &mut spice.auth,
            Display::Rdp(rdp) => &mut rdp.auth,
            Display::Sdl { .. }
            | Display::Desktop { .. }
            | Display::EglHeadless { .. }
            | Display::Dbus(_) => return,
        };
        if let Some(auth) = auth {
            auth.is_hidden = true;
        }
    }

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
        let yes = |r: &mut Reader, name| r.attr_as(INTERNAL_BEFORE_9_0, el, name) == Some(YesNo::Yes);
        let display = match r.required_as(INTERNAL_BEFORE_9_0, UNSUPPORTED_BEFORE_9_0, el, "type")? {
            GraphicsType::Sdl => Display::Sdl {
                fullscreen: yes(r, "fullscreen"),
                xauth: el.string("xauth"),
                display: el.string("display"),
                gl: el
                    .child("gl")
                    .and_then(|gl| r.required_as(Class::Xml, UNSUPPORTED_BEFORE_9_0, gl, "enable")),
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

/// `port=` (0 where it is not given or -1), and whether it is to be allocated.
fn read_port(el: El<'_>, r: &mut Reader) -> (i32, bool) {
    match r.attr_as(Class::Internal, el, "port") {
        Some(-1) | None => (0, true),
        Some(port) => (port, false),
    }
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
            &["unsupported configuration: `listen` of `<graphics>` is `a`, but the first `listen` has \
               `address` `b`"],
        );
        check(
            "<graphics type='spice'><listen type='none' network='n'/></graphics>",
            &["XML error: `network` of `<listen>` is for type `network`, the type is `none`"],
        );
        check(
            "<graphics type='vnc' passwd='p' connected='fail'/>",
            &["unsupported configuration: `connected` of `<graphics>` is `fail`, VNC supports only \
               `connected='keep'`"],
        );
        check(
            "<graphics type='vnc' passwd='p' passwdValidTo='soon'/>",
            &["internal error: `passwdValidTo` of `<graphics>` is `soon`, expected \
               `YYYY-MM-DDTHH:MM:SS`"],
        );
    }
}
