//! Rules on `<graphics type='spice'>`.

use virtargv_caps::Cap;
use virtargv_model::YesNo;
use virtargv_model::device::graphics::spice::ChannelMode;
use virtargv_model::device::graphics::{Graphics, ListenType, Spice};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// The mode of a SPICE channel is one that the server offers.
    GRAPHICS_SPICE_CHANNEL = "graphics-spice-channel": Unsupported, Build,
        "`<channel mode=>`: `secure` needs a TLS port, `insecure` a plain one",
        help "use `mode='any'`, or give `tlsPort=` or `port=`";
    /// A TLS port of SPICE needs TLS in the driver's settings.
    SPICE_TLS = "graphics-spice-tls": Unsupported, Validate,
        "`<graphics type='spice' tlsPort=>`: `spice_tls` of `qemu.conf`",
        help "set `spice_tls = 1`, or remove `tlsPort=`";
    /// A SPICE display on a UNIX socket needs a QEMU that has it.
    SPICE_UNIX = "graphics-spice-unix": Unsupported, Validate,
        "`<graphics type='spice'><listen type='socket'>`: `unix=` of `-spice`",
        help "use `<listen type='address'>`, or a QEMU that has it";
    /// Disabling file transfer of SPICE needs a QEMU that has it.
    SPICE_FILES = "graphics-spice-filetransfer": Unsupported, Validate,
        "`<graphics type='spice'><filetransfer enable='no'/>`: `disable-agent-file-xfer=` of `-spice`",
        help "remove `<filetransfer>`, or use a QEMU that has it";
    /// OpenGL of a SPICE display needs a QEMU that has it.
    SPICE_GL = "graphics-spice-gl": Unsupported, Validate,
        "`<graphics type='spice'><gl enable='yes'/>`: `gl=` of `-spice`",
        help "remove `<gl>`, or use a QEMU that has it";
    /// The render node of a SPICE display needs a QEMU that has it.
    SPICE_NODE = "graphics-spice-rendernode": Unsupported, Validate,
        "`<graphics type='spice'><gl rendernode=>`: `rendernode=` of `-spice`",
        help "remove `rendernode=`, or use a QEMU that has it";
}

/// Checks a SPICE display against the rules above.
pub(super) fn check(cx: &Context<'_>, graphics: &Graphics, spice: &Spice, out: &mut Findings<'_>) {
    let pos = graphics.info.pos;
    let listen = &spice.listens.first;
    if listen.is_tcp() && spice.tls_port > 0 && !cx.host.config().spice_tls {
        let message = format!(
            "`tlsPort` of `<graphics>` is `{}`, but the driver's settings do not enable TLS for SPICE",
            spice.tls_port
        );
        out.refuse(&SPICE_TLS, pos.path("@tlsPort"), message);
    }
    if listen.kind == ListenType::Socket && !cx.has(Cap::SpiceUnix) {
        let message = "a `socket` of graphics of type `spice` is not supported by this QEMU";
        out.refuse(&SPICE_UNIX, pos.path("listen/@type"), message);
    }
    if spice.filetransfer == Some(YesNo::No) && !cx.has(Cap::SpiceFileXferDisable) {
        let message = "disabling `filetransfer` of graphics of type `spice` is not supported by this QEMU";
        out.refuse(&SPICE_FILES, pos.path("filetransfer/@enable"), message);
    }
    if let Some(gl) = spice.gl.as_ref().filter(|gl| gl.enable == YesNo::Yes) {
        if !cx.has(Cap::SpiceGl) {
            let message = "`gl` of graphics of type `spice` is not supported by this QEMU";
            out.refuse(&SPICE_GL, pos.path("gl/@enable"), message);
        } else if let Some(node) = gl.rendernode.as_ref().filter(|_| !cx.has(Cap::SpiceRendernode)) {
            let message =
                format!("rendernode `{node}` of graphics of type `spice` is not supported by this QEMU");
            out.refuse(&SPICE_NODE, pos.path("gl/@rendernode"), message);
        }
    }
}

/// Checks that the mode of each channel is one for which the display has a port. A port that the document leaves open is
/// chosen at the start.
pub(super) fn build(cx: &Context<'_>, graphics: &Graphics, spice: &Spice, out: &mut Findings<'_>) {
    let listen = &spice.listens.first;
    let settings = cx.host.config();
    let on_socket =
        settings.spice_auto_unix_socket && listen.kind == ListenType::Address && listen.address.is_none();
    let on_tcp = listen.is_tcp() && !on_socket;
    let (plain_chosen, tls_chosen) = spice.autoports(settings.spice_tls);
    let is_given = |port: i32| port == -1 || port > 0;
    let plain = !on_tcp || is_given(spice.port) || plain_chosen;
    let tls = on_tcp && (is_given(spice.tls_port) || tls_chosen);
    for (name, mode) in spice.channel_modes() {
        let possible = match mode {
            ChannelMode::Any => true,
            ChannelMode::Secure => tls,
            ChannelMode::Insecure => plain,
        };
        if !possible {
            let message = format!(
                "channel `{name}` of `<graphics>` has mode `{mode}`, for which the SPICE display has no port"
            );
            return out.refuse(&GRAPHICS_SPICE_CHANNEL, graphics.info.pos, message);
        }
    }
}
