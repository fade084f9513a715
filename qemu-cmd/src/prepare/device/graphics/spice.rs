//! SPICE displays.

use virtargv_caps::Cap;
use virtargv_host::PortPurpose;
use virtargv_model::device::graphics::spice::ChannelMode;
use virtargv_model::device::graphics::{Graphics, Spice};
use virtargv_model::{Problem, Spelled};

use super::listen::Defaults;
use super::ports::Ports;
use super::{Endpoint, RenderNode};
use crate::prepare::context::Prepare;
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
    let plain = port.is_some() || !matches!(endpoint, Endpoint::Tcp(_));
    channels(cx, graphics, spice, plain, tls_port.is_some())?;
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
    // The default mode counts even where every channel has one of its own.
    let own = spice.channels.iter().map(|(_, mode)| *mode).filter(|mode| *mode != ChannelMode::Any);
    let modes = own.chain([spice.default_mode.unwrap_or(ChannelMode::Any)]);
    let (mut plain, mut tls) = (false, false);
    if spice.autoport {
        for mode in modes {
            plain |= mode != ChannelMode::Secure;
            tls |= mode == ChannelMode::Secure || mode == ChannelMode::Any && cx.settings().spice_tls;
        }
    }
    let mut port = |given: i32, is_chosen: bool, purpose| {
        let port = if is_chosen || given == -1 { free.next(cx, graphics, purpose)?.into() } else { given };
        Ok(Some(port).filter(|port| *port > 0))
    };
    Ok((port(spice.port, plain, PortPurpose::Spice)?, port(spice.tls_port, tls, PortPurpose::SpiceTls)?))
}

/// Checks that the mode of each channel is one for which there is a port.
fn channels(
    cx: &Prepare<'_>,
    graphics: &Graphics,
    spice: &Spice,
    plain: bool,
    tls: bool,
) -> Result<(), Problem> {
    for (name, mode) in channel_modes(spice) {
        let possible = match mode {
            ChannelMode::Any => true,
            ChannelMode::Secure => tls,
            ChannelMode::Insecure => plain,
        };
        if !possible {
            let message = format!(
                "channel '{name}' of element 'graphics' has mode '{mode}', for which the SPICE display has no port"
            );
            return Err(crate::rules::GRAPHICS_SPICE_CHANNEL.problem(
                cx.release(),
                graphics.info.pos,
                message,
            ));
        }
    }
    Ok(())
}

/// The channels with a mode, in the order of the options: the default for all channels first.
pub(crate) fn channel_modes(spice: &Spice) -> impl Iterator<Item = (&'static str, ChannelMode)> {
    let own = spice.channels.iter().map(|(name, mode)| (name.as_str(), *mode));
    spice.default_mode.map(|mode| ("default", mode)).into_iter().chain(own)
}
