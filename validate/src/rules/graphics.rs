//! Rules on `<graphics>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::YesNo;
use virtargv_model::device::graphics::{
    Dbus, Display, Graphics, GraphicsType, Listen, ListenType, Rdp, Spice, Vnc,
};

use super::audio::{self, names_backend};
use crate::{Context, Findings};

crate::rules! {
    /// A display that is served on a network names it.
    LISTEN_NETWORK = "graphics-listen-network": Xml, Validate, "`<listen type='network' network=>`";
    /// Only VNC and SPICE are served on sockets, or nowhere.
    LISTEN_TYPE = "graphics-listen-type": Unsupported, Validate, "RDP is for TCP";
    /// Sound of a display goes to a backend that is there.
    BACKEND = "graphics-backend": Xml, Validate, "`<graphics><audio id=>` names an `<audio>`";
    /// D-Bus is a bus or a peer.
    DBUS_PEER = "graphics-dbus-p2p-address": Xml, Validate, "`-display dbus` takes `p2p` or `addr`";
    /// The display is one that this QEMU has.
    TYPE = "graphics-type": Unsupported, Validate, "`-display`, `-vnc`, `-spice`";
    /// Rendering on the host is shown by VNC or SPICE.
    EGL_PAIR = "graphics-egl-headless-pair": Unsupported, Validate, "`-display egl-headless` has no window of its own";
    /// One display renders.
    GL_TWICE = "graphics-gl-twice": Unsupported, Validate, "`-spice gl=on` and `-display egl-headless` exclude each other";
    /// A window renders with OpenGL only where this QEMU can.
    SDL_GL = "graphics-sdl-gl": Unsupported, Validate, "`-display sdl,gl=`";
    /// SPICE has an encrypted port only where the driver has TLS for it.
    SPICE_TLS = "graphics-spice-tls": Unsupported, Validate, "`spice_tls` of the driver's settings";
    /// SPICE is on a UNIX socket only where this QEMU can.
    SPICE_UNIX = "graphics-spice-unix": Unsupported, Validate, "`-spice unix`";
    /// SPICE is kept from passing files only where this QEMU can.
    SPICE_FILES = "graphics-spice-filetransfer": Unsupported, Validate, "`-spice disable-agent-file-xfer`";
    /// SPICE renders with OpenGL only where this QEMU can.
    SPICE_GL = "graphics-spice-gl": Unsupported, Validate, "`-spice gl=`";
    /// SPICE renders on a device of choice only where this QEMU can.
    SPICE_NODE = "graphics-spice-rendernode": Unsupported, Validate, "`-spice rendernode=`";
    /// Rendering on a device of choice is asked for only where this QEMU can.
    EGL_NODE = "graphics-egl-headless-rendernode": Unsupported, Validate, "`-display egl-headless,rendernode=`";
    /// VNC clients reset the guest only where this QEMU lets them.
    VNC_POWER = "graphics-vnc-power": Unsupported, Validate, "`-vnc power-control=`";
    /// A VNC password is short.
    VNC_PASSWORD = "graphics-vnc-password": Unsupported, Validate, "VNC's authentication uses 8 bytes";
    /// Sound of D-Bus goes to D-Bus.
    DBUS_AUDIO = "graphics-dbus-audio": Unsupported, Validate, "`-display dbus,audiodev=` takes a `dbus` backend";
    /// RDP serves one user, who is not put out by the next.
    RDP_USERS = "graphics-rdp-users": Unsupported, Validate, "the RDP server for QEMU has no such settings";
    /// A display is of a type that QEMU has.
    DESKTOP = "graphics-desktop": Internal, Build, "`-display`; `desktop` is VirtualBox's";
    /// There is one display of each type that QEMU shows itself.
    TWICE = "graphics-twice": Unsupported, Build, "`-vnc`, `-spice` and `-display` are given once";
    /// A remote display says where it is served.
    LISTEN_MISSING = "graphics-listen-missing": Internal, Build, "`<graphics><listen>`";
    /// A display is served at one place.
    LISTEN_TWICE = "graphics-listen-twice": Unsupported, Build, "`-vnc` and `-spice` take one address";
    /// A VNC display has a port that VNC can have.
    VNC_PORT = "graphics-vnc-port": Unsupported, Build, "`-vnc` counts displays from port 5900";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for graphics in &cx.domain.devices.graphics {
        listens(graphics, out);
        if available(cx, graphics, out) {
            rendering(cx, graphics, out);
            match &graphics.display {
                Display::Sdl { gl: Some(_), .. } if !cx.has(Cap::SdlGl) => {
                    let message = "graphics of type 'sdl' have element 'gl', which this QEMU cannot do";
                    out.refuse(&SDL_GL, graphics.info.pos.path("gl"), message);
                }
                Display::Vnc(vnc) => self::vnc(cx, graphics, vnc, out),
                Display::Spice(spice) => self::spice(cx, graphics, spice, out),
                Display::EglHeadless { rendernode: Some(node) } if !cx.has(Cap::EglHeadlessRendernode) => {
                    let message = format!(
                        "graphics of type 'egl-headless' have rendernode '{node}', which this QEMU cannot do"
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

fn listens(graphics: &Graphics, out: &mut Findings<'_>) {
    let rdp = graphics.kind() == GraphicsType::Rdp;
    for listen in graphics.listens() {
        match listen.kind {
            ListenType::Network if listen.network.is_none() => {
                let message = "element 'listen' of type 'network' lacks its attribute 'network'";
                out.refuse(&LISTEN_NETWORK, listen.pos, message);
            }
            ListenType::Socket | ListenType::None if rdp => {
                let message = format!(
                    "element 'listen' has type '{}', which graphics of type 'rdp' cannot have",
                    listen.kind
                );
                out.refuse(&LISTEN_TYPE, listen.pos.path("@type"), message);
            }
            _ => {}
        }
    }
}

/// Whether this QEMU has the display at all.
fn available(cx: &Context<'_>, graphics: &Graphics, out: &mut Findings<'_>) -> bool {
    let kind = graphics.kind();
    let there = match kind {
        GraphicsType::Sdl => cx.has(Cap::Sdl),
        GraphicsType::Vnc => cx.has(Cap::Vnc),
        GraphicsType::Spice => cx.has(Cap::Spice),
        GraphicsType::EglHeadless => cx.has(Cap::EglHeadless),
        GraphicsType::Dbus | GraphicsType::Rdp => cx.has(Cap::DisplayDbus),
        GraphicsType::Desktop => false,
    };
    if !there {
        let message =
            format!("attribute 'type' of element 'graphics' is '{kind}', this QEMU has no such display");
        out.refuse(&TYPE, graphics.info.pos.path("@type"), message);
    }
    there
}

fn rendering(cx: &Context<'_>, graphics: &Graphics, out: &mut Findings<'_>) {
    let mut all = cx.domain.devices.graphics.iter();
    if !all.any(|other| other.kind() == GraphicsType::EglHeadless) {
        return;
    }
    let kind = graphics.kind();
    if !matches!(kind, GraphicsType::EglHeadless | GraphicsType::Vnc | GraphicsType::Spice) {
        let message = format!(
            "graphics of type 'egl-headless' go with type 'vnc' or 'spice' alone, not with type '{kind}'"
        );
        out.refuse(&EGL_PAIR, graphics.info.pos.path("@type"), message);
    }
    if let Display::Spice(spice) = &graphics.display
        && renders(spice)
    {
        let message = "graphics of type 'spice' render with 'gl', and so do those of type 'egl-headless'";
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
        let message =
            format!("attribute 'powerControl' of element 'graphics' is '{power}', which this QEMU cannot do");
        out.refuse(&VNC_POWER, pos.path("@powerControl"), message);
    }
    let length = vnc.auth.as_ref().map_or(0, |auth| auth.password.len());
    if length > 8 && cx.follows(Convention::StricterDevices) {
        let message = format!("attribute 'passwd' of element 'graphics' has '{length}' bytes, VNC takes '8'");
        out.refuse(&VNC_PASSWORD, pos.path("@passwd"), message);
    }
}

fn spice(cx: &Context<'_>, graphics: &Graphics, spice: &Spice, out: &mut Findings<'_>) {
    let pos = graphics.info.pos;
    let listen = spice.listens.first().map(|listen| listen.kind);
    let tcp = matches!(listen, Some(ListenType::Address | ListenType::Network));
    if tcp && spice.tls_port > 0 && !cx.host.config().spice_tls {
        let message = format!(
            "attribute 'tlsPort' of element 'graphics' is '{}', but the driver's settings have no TLS for SPICE",
            spice.tls_port
        );
        out.refuse(&SPICE_TLS, pos.path("@tlsPort"), message);
    }
    if listen == Some(ListenType::Socket) && !cx.has(Cap::SpiceUnix) {
        let message = "graphics of type 'spice' listen on a 'socket', which this QEMU cannot do";
        out.refuse(&SPICE_UNIX, pos.path("listen/@type"), message);
    }
    if spice.filetransfer == Some(YesNo::No) && !cx.has(Cap::SpiceFileXferDisable) {
        let message = "graphics of type 'spice' have 'filetransfer' disabled, which this QEMU cannot do";
        out.refuse(&SPICE_FILES, pos.path("filetransfer/@enable"), message);
    }
    if let Some(gl) = spice.gl.as_ref().filter(|gl| gl.enable == YesNo::Yes) {
        if !cx.has(Cap::SpiceGl) {
            let message = "graphics of type 'spice' have 'gl' enabled, which this QEMU cannot do";
            out.refuse(&SPICE_GL, pos.path("gl/@enable"), message);
        } else if let Some(node) = gl.rendernode.as_ref().filter(|_| !cx.has(Cap::SpiceRendernode)) {
            let message =
                format!("graphics of type 'spice' have rendernode '{node}', which this QEMU cannot do");
            out.refuse(&SPICE_NODE, pos.path("gl/@rendernode"), message);
        }
    }
}

fn dbus(cx: &Context<'_>, graphics: &Graphics, dbus: &Dbus, out: &mut Findings<'_>) {
    let pos = graphics.info.pos;
    if let Some(address) = dbus.address.as_ref().filter(|_| dbus.p2p) {
        let message = format!("graphics of type 'dbus' have both 'p2p' and address '{address}'");
        out.refuse(&DBUS_PEER, pos.path("@address"), message);
    }
    let audio = dbus.audio.and_then(|id| cx.domain.devices.audios.iter().find(|audio| audio.id == id));
    if let Some(audio) = audio
        && audio.backend != virtargv_model::device::audio::AudioType::Dbus
    {
        let message = format!(
            "graphics of type 'dbus' name audio backend '{}', which is of type '{}', not 'dbus'",
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
            let message = format!("graphics of type 'rdp' cannot have '{name}'");
            out.refuse(&RDP_USERS, graphics.info.pos.path(path), message);
        }
    }
}

/// The ports that VNC displays can have.
const VNC_PORTS: std::ops::RangeInclusive<i32> = 5900..=65535;

/// Holds what is only found while the line is built.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let all = &cx.domain.devices.graphics;
    for kind in [
        GraphicsType::Sdl,
        GraphicsType::Vnc,
        GraphicsType::Spice,
        GraphicsType::EglHeadless,
        GraphicsType::Dbus,
    ] {
        if let Some(second) = all.iter().filter(|graphics| graphics.kind() == kind).nth(1) {
            let message = format!("there is more than one element 'graphics' of type '{kind}'");
            out.refuse(&TWICE, second.info.pos, message);
        }
    }
    for graphics in all {
        match &graphics.display {
            Display::Vnc(vnc) => {
                audio::build(cx, vnc.audio, graphics.info.pos, out);
                build_listens(graphics, out);
                let tcp = matches!(
                    vnc.listens.first().map(|listen| listen.kind),
                    Some(ListenType::Network | ListenType::Address)
                );
                if tcp && !vnc.autoport && !VNC_PORTS.contains(&vnc.port) && !by_socket(cx, vnc) {
                    let (first, last) = (VNC_PORTS.start(), VNC_PORTS.end());
                    let message = format!(
                        "attribute 'port' of element 'graphics' is '{}', VNC's ports are '{first}' to '{last}'",
                        vnc.port
                    );
                    out.refuse(&VNC_PORT, graphics.info.pos.path("@port"), message);
                }
            }
            Display::Spice(_) => build_listens(graphics, out),
            Display::Dbus(Dbus { audio: Some(id), .. }) => {
                audio::build(cx, Some(*id), graphics.info.pos, out);
            }
            Display::Desktop { .. } => {
                out.refuse(&DESKTOP, graphics.info.pos, "QEMU has no display of type 'desktop'");
            }
            _ => {}
        }
    }
}

/// Whether the driver's settings put a display without an address on a socket.
fn by_socket(cx: &Context<'_>, vnc: &Vnc) -> bool {
    let open = |listen: &Listen| listen.kind == ListenType::Address && listen.address.is_none();
    cx.host.config().vnc_auto_unix_socket && vnc.listens.first().is_some_and(open)
}

fn build_listens(graphics: &Graphics, out: &mut Findings<'_>) {
    match graphics.listens() {
        [] => {
            let message = "element 'graphics' lacks its child 'listen'";
            out.refuse(&LISTEN_MISSING, graphics.info.pos, message);
        }
        [_, second, ..] => {
            let message = "element 'graphics' has more than one 'listen', QEMU serves a display at one place";
            out.refuse(&LISTEN_TWICE, second.pos, message);
        }
        [_] => {}
    }
}
