//! `<graphics type='spice'>`.

use super::Auth;
use super::listen::Listens;
use crate::read::{El, INTERNAL_BEFORE_9_0, Reader, UNSUPPORTED_BEFORE_9_0, Value};
use crate::write::{Tag, Writer};
use crate::{Class, Classes, OnOff, Spelled, YesNo};

spelled! {
    /// `<channel name=>`: a channel of the SPICE protocol.
    pub enum ChannelName {
        /// Control.
        Main = "main",
        /// Screen.
        Display = "display",
        /// Keyboard and mouse.
        Inputs = "inputs",
        /// Mouse pointer.
        Cursor = "cursor",
        /// Playback of sound.
        Playback = "playback",
        /// Recording of sound.
        Record = "record",
        /// Smartcards.
        Smartcard = "smartcard",
        /// USB devices.
        Usbredir = "usbredir",
    }
}

spelled! {
    /// `mode=` of a channel, `defaultMode=`: whether the channel is encrypted (TLS).
    pub enum ChannelMode {
        /// As the client chooses.
        Any = "any",
        /// Always.
        Secure = "secure",
        /// Never.
        Insecure = "insecure",
    }
}

spelled! {
    /// `<image compression=>`: the compression of images.
    pub enum ImageCompression {
        /// GLZ or QUIC, depending on the image.
        AutoGlz = "auto_glz",
        /// LZ or QUIC, depending on the image.
        AutoLz = "auto_lz",
        /// QUIC.
        Quic = "quic",
        /// GLZ.
        Glz = "glz",
        /// LZ.
        Lz = "lz",
        /// None.
        Off = "off",
    }
}

spelled! {
    /// `<jpeg compression=>`, `<zlib compression=>`: when images are compressed further.
    pub enum WanCompression {
        /// On slow links.
        Auto = "auto",
        /// Never.
        Never = "never",
        /// Always.
        Always = "always",
    }
}

spelled! {
    /// `<streaming mode=>`: which screen areas are streamed as video.
    pub enum StreamingMode {
        /// Areas that are detected as video.
        Filter = "filter",
        /// All areas that change often.
        All = "all",
        /// None.
        Off = "off",
    }
}

spelled! {
    /// `<mouse mode=>`: what moves the mouse pointer.
    pub enum MouseMode {
        /// The guest.
        Server = "server",
        /// The client.
        Client = "client",
    }
}

/// `<gl>`: OpenGL rendering on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gl {
    /// `enable=`.
    pub enable: YesNo,
    /// `rendernode=`: the DRM render node of the host.
    pub rendernode: Option<String>,
}

impl Gl {
    pub(super) fn read(graphics: El<'_>, r: &mut Reader) -> Option<Self> {
        let gl = graphics.child("gl")?;
        Some(Self { enable: required(Class::Xml, gl, "enable", r)?, rendernode: gl.string("rendernode") })
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.element("gl").attr("enable", self.enable).opt("rendernode", self.rendernode.as_ref()).empty();
    }
}

/// `<graphics type='spice'>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spice {
    /// `<listen>`, one or more.
    pub listens: Listens,
    /// `port=`, the TCP port; 0 for none, -1 where it is allocated at the start.
    pub port: i32,
    /// `tlsPort=`, the TCP port for TLS; 0 for none, -1 where it is allocated at the start.
    pub tls_port: i32,
    /// `autoport=`: whether the ports are allocated at the start; both are 0 then.
    pub autoport: bool,
    /// `defaultMode=` of the channels; `any` is read as absent.
    pub default_mode: Option<ChannelMode>,
    /// `keymap=`.
    pub keymap: Option<String>,
    /// `passwd=`, and the attributes that need it.
    pub auth: Option<Auth>,
    /// `<channel>`: the channels with a mode other than `any`, in the order of [`ChannelName`].
    pub channels: Vec<(ChannelName, ChannelMode)>,
    /// `<image compression=>`.
    pub image: Option<ImageCompression>,
    /// `<jpeg compression=>`.
    pub jpeg: Option<WanCompression>,
    /// `<zlib compression=>`.
    pub zlib: Option<WanCompression>,
    /// `<playback compression=>`: whether sound is compressed.
    pub playback: Option<OnOff>,
    /// `<streaming mode=>`.
    pub streaming: Option<StreamingMode>,
    /// `<mouse mode=>`.
    pub mouse: Option<MouseMode>,
    /// `<clipboard copypaste=>`: whether the clipboard is shared.
    pub copypaste: Option<YesNo>,
    /// `<filetransfer enable=>`: whether clients can send files.
    pub filetransfer: Option<YesNo>,
    /// `<gl>`.
    pub gl: Option<Gl>,
}

impl Spice {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        let mut spice = Self {
            listens: Listens::read(el, false, r),
            port: r.attr_as(INTERNAL_BEFORE_9_0, el, "port").unwrap_or_default(),
            tls_port: r.attr_as(INTERNAL_BEFORE_9_0, el, "tlsPort").unwrap_or_default(),
            autoport: r.attr(el, "autoport") == Some(YesNo::Yes),
            default_mode: r
                .attr_as(UNSUPPORTED_BEFORE_9_0, el, "defaultMode")
                .filter(|mode| *mode != ChannelMode::Any),
            keymap: el.string("keymap"),
            auth: Auth::read(el, false, r),
            ..Self::default()
        };
        spice.autoport |= spice.port == -1 && spice.tls_port == -1;
        // Without a TCP listener, the ports are ignored and not written.
        let tcp = spice.listens.first.is_tcp();
        spice.autoport &= tcp;
        if spice.autoport || !tcp {
            (spice.port, spice.tls_port) = (0, 0);
        }
        spice.read_channels(el, r);
        spice.image = child(INTERNAL_BEFORE_9_0, el, "image", "compression", r);
        spice.jpeg = child(INTERNAL_BEFORE_9_0, el, "jpeg", "compression", r);
        spice.zlib = child(INTERNAL_BEFORE_9_0, el, "zlib", "compression", r);
        spice.playback = child(INTERNAL_BEFORE_9_0, el, "playback", "compression", r);
        spice.streaming = child(Class::Xml, el, "streaming", "mode", r);
        spice.copypaste = child(Class::Xml, el, "clipboard", "copypaste", r);
        spice.filetransfer = child(Class::Xml, el, "filetransfer", "enable", r);
        spice.gl = Gl::read(el, r);
        spice.mouse = child(Class::Xml, el, "mouse", "mode", r);
        spice
    }

    /// Reads `<channel>`; of several with one name, libvirt takes the last.
    fn read_channels(&mut self, el: El<'_>, r: &mut Reader) {
        let mut modes = Vec::new();
        for channel in el.children("channel") {
            let name: Option<ChannelName> = required(INTERNAL_BEFORE_9_0, channel, "name", r);
            let mode: Option<ChannelMode> = required(INTERNAL_BEFORE_9_0, channel, "mode", r);
            modes.extend(name.zip(mode));
        }
        for name in ChannelName::ALL {
            let mode = modes.iter().rev().find(|(n, _)| n == name).map(|(_, mode)| *mode);
            self.channels.extend(mode.filter(|mode| *mode != ChannelMode::Any).map(|mode| (*name, mode)));
        }
    }

    /// The mode of a channel, or the default mode.
    pub fn mode(&self, name: ChannelName) -> ChannelMode {
        let own = self.channels.iter().find(|(n, _)| *n == name).map(|(_, mode)| *mode);
        own.or(self.default_mode).unwrap_or(ChannelMode::Any)
    }

    /// Whether `autoport` chooses a plain port, and whether a TLS port. With `by_tls`, the driver's settings enable TLS. The
    /// default mode counts even where every channel has one of its own.
    pub fn autoports(&self, by_tls: bool) -> (bool, bool) {
        let (mut plain, mut tls) = (false, false);
        if self.autoport {
            let own = self.channels.iter().map(|(_, mode)| *mode).filter(|mode| *mode != ChannelMode::Any);
            for mode in own.chain([self.default_mode.unwrap_or(ChannelMode::Any)]) {
                plain |= mode != ChannelMode::Secure;
                tls |= mode == ChannelMode::Secure || mode == ChannelMode::Any && by_tls;
            }
        }
        (plain, tls)
    }

    /// The channels with a mode in the document, after the default for all channels (`default`).
    pub fn channel_modes(&self) -> impl Iterator<Item = (&'static str, ChannelMode)> {
        let own = self.channels.iter().map(|(name, mode)| (name.as_str(), *mode));
        self.default_mode.map(|mode| ("default", mode)).into_iter().chain(own)
    }

    pub(super) fn attributes<'w>(&self, mut tag: Tag<'w>) -> Tag<'w> {
        let listen = &self.listens.first;
        if listen.is_tcp() {
            let some = |port: i32| Some(port).filter(|p| *p != 0);
            tag = tag
                .opt("port", some(self.port))
                .opt("tlsPort", some(self.tls_port))
                .attr("autoport", YesNo::from(self.autoport))
                .opt("listen", listen.address.as_ref());
        }
        tag = tag.opt("keymap", self.keymap.as_ref()).opt("defaultMode", self.default_mode);
        Auth::write(self.auth.as_ref(), tag)
    }

    pub(super) fn children(&self, w: &mut Writer) {
        for (name, mode) in &self.channels {
            w.element("channel").attr("name", name).attr("mode", mode).empty();
        }
        write_child("image", "compression", self.image, w);
        write_child("jpeg", "compression", self.jpeg, w);
        write_child("zlib", "compression", self.zlib, w);
        write_child("playback", "compression", self.playback, w);
        write_child("streaming", "mode", self.streaming, w);
        write_child("mouse", "mode", self.mouse, w);
        write_child("clipboard", "copypaste", self.copypaste, w);
        write_child("filetransfer", "enable", self.filetransfer, w);
        if let Some(gl) = &self.gl {
            gl.write(w);
        }
    }
}

/// The mandatory attribute `name`, with the class of a missing one.
fn required<T: Value>(
    missing: impl Into<Classes>,
    el: El<'_>,
    name: &'static str,
    r: &mut Reader,
) -> Option<T> {
    r.required_as(missing, UNSUPPORTED_BEFORE_9_0, el, name)
}

/// The mandatory attribute of a child that has one attribute only.
fn child<T: Value>(
    missing: impl Into<Classes>,
    el: El<'_>,
    name: &str,
    attr: &'static str,
    r: &mut Reader,
) -> Option<T> {
    el.child(name).and_then(|child| required(missing, child, attr, r))
}

fn write_child(name: &str, attr: &str, value: Option<impl std::fmt::Display>, w: &mut Writer) {
    if let Some(value) = value {
        w.element(name).attr(attr, value).empty();
    }
}
