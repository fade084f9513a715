//! Rules on `<graphics>`.

pub mod listen;
pub mod spice;

use virtargv_caps::Cap;
use virtargv_model::Message;
use virtargv_model::device::graphics::{
    Dbus, Display, Graphics, GraphicsType, ListenType, Listens, Rdp, Spice, Vnc,
};

use super::audio::{self, names_backend};
use crate::{Context, Findings, offered};

virtargv_model::rules! {
    /// The audio backend of a VNC display exists.
    BACKEND = "graphics-backend": Xml, Validate,
        "`<graphics type='vnc'><audio id=>`: the id of an `<audio>`",
        help "add an `<audio>` with that id, or change `id=`",
        since "7.2";
    /// A D-Bus display is either peer to peer or on a bus.
    DBUS_PEER = "graphics-dbus-p2p-address": Xml, Validate,
        "`<graphics type='dbus' p2p= address=>`: `p2p=` and `addr=` of `-display dbus` exclude each other",
        help "remove `p2p=` or `address=`";
    /// The type of a display is one that this QEMU has.
    TYPE = "graphics-type": Unsupported, Validate,
        "`<graphics type=>`: `-display sdl`, `-vnc`, `-spice`, `-display egl-headless` and `-display dbus` (for `rdp` too); QEMU has no `desktop`",
        help "use another `type=`, or a QEMU that was built with the display";
    /// A display of type `egl-headless` goes with `vnc` and `spice` only.
    EGL_PAIR = "graphics-egl-headless-pair": Unsupported, Validate,
        "`<graphics type='egl-headless'>`: the display renders off screen, and VNC or SPICE shows the result",
        help "remove the other `<graphics>`, or that of type `egl-headless`";
    /// A guest has one display that renders with OpenGL.
    GL_TWICE = "graphics-gl-twice": Unsupported, Validate,
        "`<graphics type='egl-headless'>` and `<graphics type='spice'><gl enable='yes'/>` exclude each other",
        help "set `<gl enable='no'/>` of the SPICE display, or remove that of type `egl-headless`";
    /// OpenGL of an SDL display needs a QEMU that has it.
    SDL_GL = "graphics-sdl-gl": Unsupported, Validate,
        "`<graphics type='sdl'><gl>`: `gl=` of `-display sdl`",
        help "remove `<gl>`, or use a QEMU that has it";
    /// The render node of an `egl-headless` display needs a QEMU that has it.
    EGL_NODE = "graphics-egl-headless-rendernode": Unsupported, Validate,
        "`<graphics type='egl-headless'><gl rendernode=>`: `rendernode=` of `-display egl-headless`",
        help "remove `rendernode=`, or use a QEMU that has it";
    /// Power control by VNC clients needs a QEMU that has it.
    VNC_POWER = "graphics-vnc-power": Unsupported, Validate,
        "`<graphics type='vnc' powerControl=>`: `power-control=` of `-vnc`, new in QEMU 6.0",
        help "remove `powerControl=`, or use QEMU 6.0 or later";
    /// A VNC password has at most 8 bytes.
    VNC_PASSWORD = "graphics-vnc-password": Unsupported, Validate,
        "`<graphics type='vnc' passwd=>`: VNC authentication uses the first 8 bytes as a DES key",
        help "shorten `passwd=`",
        since "9.0";
    /// The audio backend of a D-Bus display is of type `dbus`.
    DBUS_AUDIO = "graphics-dbus-audio": Unsupported, Validate,
        "`<graphics type='dbus'><audio id=>`: `audiodev=` of `-display dbus`",
        help "name an `<audio type='dbus'>`";
    /// An RDP display needs a D-Bus display on a bus.
    RDP_BUS = "graphics-rdp-bus": Unsupported, Build,
        "`<graphics type='rdp'>`: `qemu-rdp` reads the display of `-display dbus,addr=`",
        help "add `<graphics type='dbus'/>`", since "11.1";
    /// An RDP display neither replaces users nor serves several.
    RDP_USERS = "graphics-rdp-users": Unsupported, Validate,
        "`<graphics type='rdp' replaceUser= multiUser=>`: `qemu-rdp` has no such options",
        help "remove `replaceUser=` and `multiUser=`";
    /// A guest has one display of each type.
    TWICE = "graphics-twice": Unsupported, Build,
        "`<graphics type=>`: QEMU takes one `-vnc`, one `-spice` and one `-display` of a type",
        help "remove all but one";
    /// A VNC or SPICE display has one `<listen>`.
    LISTEN_TWICE = "graphics-listen-twice": Unsupported, Validate (Build before "12.9"),
        "`<graphics><listen>`: `-vnc` and `-spice` take one address or socket",
        help "remove all but one";
    /// The port of a VNC display is 5900 or above.
    VNC_PORT = "graphics-vnc-port": Unsupported, Build,
        "`<graphics type='vnc' port=>`: `-vnc HOST:DISPLAY` counts displays from port 5900",
        help "set `port=` to 5900 or more, or use `autoport='yes'`";
}

/// Checks every `<graphics>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for graphics in &cx.domain.devices.graphics {
        listen::check(graphics, out);
        if available(cx, graphics, out) {
            rendering(cx, graphics, out);
            match &graphics.display {
                Display::Sdl { gl: Some(_), .. } if !cx.has(Cap::SdlGl) => {
                    let message = "`<gl>` of graphics of type `sdl` is not supported by this QEMU";
                    out.refuse(&SDL_GL, graphics.info.pos.path("gl"), message);
                }
                Display::Vnc(vnc) => self::vnc(cx, graphics, vnc, out),
                Display::Spice(spice) => spice::check(cx, graphics, spice, out),
                Display::EglHeadless { rendernode: Some(node) } if !cx.has(Cap::EglHeadlessRendernode) => {
                    let message = format!(
                        "rendernode `{node}` of graphics of type `egl-headless` is not supported by this QEMU"
                    );
                    out.refuse(&EGL_NODE, graphics.info.pos.path("gl/@rendernode"), message);
                }
                Display::Dbus(dbus) => self::dbus(cx, graphics, dbus, out),
                Display::Rdp(rdp) => self::rdp(graphics, rdp, out),
                _ => {}
            }
        }
    }
}

/// Whether this QEMU has the display; reports it if not.
fn available(cx: &Context<'_>, graphics: &Graphics, out: &mut Findings<'_>) -> bool {
    let kind = graphics.kind();
    let there = offered::display(|cap| cx.has(cap), kind);
    if !there {
        let message = format!("`type` of `<graphics>` is `{kind}`, which this QEMU does not support");
        out.refuse(&TYPE, graphics.info.pos.path("@type"), message);
    }
    there
}

/// Displays that render with OpenGL.
fn rendering(cx: &Context<'_>, graphics: &Graphics, out: &mut Findings<'_>) {
    if !cx.known.has_display(GraphicsType::EglHeadless) {
        return;
    }
    let kind = graphics.kind();
    if !matches!(kind, GraphicsType::EglHeadless | GraphicsType::Vnc | GraphicsType::Spice) {
        let message =
            format!("graphics of type `egl-headless` need type `vnc` or `spice` besides, not type `{kind}`");
        out.refuse(&EGL_PAIR, graphics.info.pos.path("@type"), message);
    }
    if let Display::Spice(spice) = &graphics.display
        && renders(spice)
    {
        let message = "`gl` of graphics of type `spice` is not supported together with type `egl-headless`";
        out.refuse(&GL_TWICE, graphics.info.pos.path("gl"), message);
    }
}

fn renders(spice: &Spice) -> bool {
    spice.gl.as_ref().is_some_and(|gl| gl.enable.is_yes())
}

fn vnc(cx: &Context<'_>, graphics: &Graphics, vnc: &Vnc, out: &mut Findings<'_>) {
    let pos = graphics.info.pos;
    names_backend(cx, &BACKEND, vnc.audio, "graphics", pos, out);
    if let Some(power) = vnc.power_control.filter(|_| !cx.has(Cap::VncPowerControl)) {
        let message = format!("`powerControl` (`{power}`) of `<graphics>` is not supported by this QEMU");
        out.refuse(&VNC_POWER, pos.path("@powerControl"), message);
    }
    let length = vnc.auth.as_ref().map_or(0, |auth| auth.password.len());
    if length > 8 {
        let message = format!("`passwd` of `<graphics>` has `{length}` bytes, it must have at most `8`");
        out.refuse(&VNC_PASSWORD, pos.path("@passwd"), message);
    }
}

fn dbus(cx: &Context<'_>, graphics: &Graphics, dbus: &Dbus, out: &mut Findings<'_>) {
    let pos = graphics.info.pos;
    if let Some(address) = dbus.address.as_ref().filter(|_| dbus.p2p) {
        let message = format!("graphics of type `dbus` have both `p2p` and address `{address}`");
        out.refuse(&DBUS_PEER, pos.path("@address"), message);
    }
    let audio = dbus.audio.and_then(|id| cx.known.audio(id));
    if let Some(audio) = audio
        && audio.backend != virtargv_model::device::audio::AudioType::Dbus
    {
        let message = format!(
            "graphics of type `dbus` name audio backend `{}`, which is of type `{}`, not `dbus`",
            audio.id, audio.backend
        );
        out.refuse(&DBUS_AUDIO, pos.path("audio/@id"), message);
    }
}

fn rdp(graphics: &Graphics, rdp: &Rdp, out: &mut Findings<'_>) {
    for (asked, name, path) in
        [(rdp.replace_user, "replaceUser", "@replaceUser"), (rdp.multi_user, "multiUser", "@multiUser")]
    {
        if asked {
            let message = format!("`{name}` is not supported for graphics of type `rdp`");
            out.refuse(&RDP_USERS, graphics.info.pos.path(path), message);
        }
    }
}

/// The ports that VNC displays can have.
const VNC_PORTS: std::ops::RangeInclusive<i32> = 5900..=65535;

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let all = &cx.domain.devices.graphics;
    for kind in [
        GraphicsType::Sdl,
        GraphicsType::Vnc,
        GraphicsType::Spice,
        GraphicsType::EglHeadless,
        GraphicsType::Dbus,
    ] {
        let mut of_kind = all.iter().filter(|graphics| graphics.kind() == kind);
        if let (Some(first), Some(second)) = (of_kind.next(), of_kind.next()) {
            let message = format!("there is more than one `<graphics>` of type `{kind}`");
            let message = Message::new(message).with_label(first.info.pos, "the first is here");
            out.refuse(&TWICE, second.info.pos, message);
        }
    }
    let is_bus = |display: &Display| matches!(display, Display::Dbus(dbus) if !dbus.p2p);
    let on_bus = all.iter().any(|graphics| is_bus(&graphics.display));
    for graphics in all {
        match &graphics.display {
            Display::Vnc(vnc) => {
                audio::build(cx, vnc.audio, graphics.info.pos, out);
                build_listens(&vnc.listens, out);
                if vnc.listens.first.is_tcp()
                    && !vnc.autoport
                    && !VNC_PORTS.contains(&vnc.port)
                    && !by_socket(cx, vnc)
                {
                    let (first, last) = (VNC_PORTS.start(), VNC_PORTS.end());
                    let message = format!(
                        "`port` of `<graphics>` is `{}`, VNC's ports are `{first}` to `{last}`",
                        vnc.port
                    );
                    out.refuse(&VNC_PORT, graphics.info.pos.path("@port"), message);
                }
            }
            Display::Spice(spice) => {
                build_listens(&spice.listens, out);
                spice::build(cx, graphics, spice, out);
            }
            Display::Rdp(_) if !on_bus => {
                let message = "graphics of type `rdp` need graphics of type `dbus` without `p2p`";
                out.refuse(&RDP_BUS, graphics.info.pos, message);
            }
            Display::Dbus(Dbus { audio: Some(id), .. }) => {
                audio::exists(cx, Some(*id), graphics.info.pos, out);
            }
            _ => {}
        }
    }
}

/// Whether the driver's settings put a display without an address on a socket.
fn by_socket(cx: &Context<'_>, vnc: &Vnc) -> bool {
    let listen = &vnc.listens.first;
    cx.host.config().vnc_auto_unix_socket && listen.kind == ListenType::Address && listen.address.is_none()
}

fn build_listens(listens: &Listens, out: &mut Findings<'_>) {
    if let Some(second) = listens.others.first() {
        let message = "`<graphics>` has more than one `<listen>`, QEMU takes one";
        out.refuse(&LISTEN_TWICE, second.pos, message);
    }
}
