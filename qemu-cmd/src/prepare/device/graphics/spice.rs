//! SPICE displays.

use virtargv_caps::Cap;
use virtargv_host::PortPurpose;
use virtargv_model::Problem;
use virtargv_model::device::graphics::spice::ChannelMode;
use virtargv_model::device::graphics::{Graphics, Spice};

use super::listen::Defaults;
use super::ports::Ports;
use super::{Endpoint, RenderNode};
use crate::prepare::context::Prepare;
use crate::rules;
use crate::text::Text;

/// A prepared SPICE display.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Its address.
    pub endpoint: Endpoint,
    /// The TCP port of plain connections.
    pub port: Option<i32>,
    /// TLS connections.
    pub tls: Option<Tls>,
    /// The DRM render node.
    pub rendernode: Option<RenderNode>,
}

/// TLS connections of a SPICE display.
#[derive(Debug)]
pub(crate) struct Tls {
    /// The TCP port.
    pub port: i32,
    /// The directory of the certificates.
    pub certificates: Text,
}

/// Prepares a SPICE display.
pub(super) fn prepare(
    cx: &mut Prepare<'_>,
    graphics: &Graphics,
    spice: &Spice,
    free: &mut Ports,
) -> Result<Facts, Problem> {
    let settings = cx.settings();
    let defaults = Defaults {
        socket: "spice",
        auto_socket: settings.spice_auto_unix_socket,
        address: &settings.spice_listen,
    };
    let endpoint = Endpoint::of(cx, &spice.listens, &defaults)?;
    let (port, tls_port) = match endpoint {
        Endpoint::Tcp(_) => ports(cx, graphics, spice, free)?,
        Endpoint::Nowhere | Endpoint::Unix(_) => (None, None),
    };
    let rendernode = match spice.gl.as_ref().filter(|gl| gl.enable.is_yes()) {
        Some(gl) if gl.rendernode.is_some() || cx.has(Cap::SpiceRendernode) => {
            RenderNode::of(cx, graphics, gl)?
        }
        _ => None,
    };
    let directory = settings.spice_tls_x509_cert_dir.as_ref().unwrap_or(&settings.default_tls_x509_cert_dir);
    let tls = tls_port.map(|port| Tls { port, certificates: directory.into() });
    Ok(Facts { endpoint, port, tls, rendernode })
}

/// The plain and TLS port, with those of `autoport` chosen.
fn ports(
    cx: &Prepare<'_>,
    graphics: &Graphics,
    spice: &Spice,
    free: &mut Ports,
) -> Result<(Option<i32>, Option<i32>), Problem> {
    let by_tls = cx.settings().spice_tls;
    let (plain, tls) = spice.autoports(by_tls);
    if cx.has_launcher() && !by_tls && (tls || spice.tls_port == -1) {
        let cause = if tls { "the mode `secure` of SPICE channels" } else { "`tlsPort='-1'`" };
        let message =
            format!("{cause} needs a TLS port, and the driver's settings do not enable TLS for SPICE");
        let place = match spice.default_mode {
            _ if !tls => graphics.info.pos.path("@tlsPort"),
            Some(ChannelMode::Secure) => graphics.info.pos.path("@defaultMode"),
            _ => graphics.info.pos.path("channel/@mode"),
        };
        return Err(rules::GRAPHICS_TLS_PORT.problem(cx.release(), place, message));
    }
    let mut port = |given: i32, is_chosen: bool, purpose| {
        let port = if is_chosen || given == -1 { free.next(cx, graphics, purpose)?.into() } else { given };
        Ok(Some(port).filter(|port| *port > 0))
    };
    Ok((port(spice.port, plain, PortPurpose::Spice)?, port(spice.tls_port, tls, PortPurpose::SpiceTls)?))
}
