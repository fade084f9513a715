//! VNC displays.

use virtargv_caps::Cap;
use virtargv_host::{Fact, PortPurpose, SecretKey, SecretUse};
use virtargv_model::Problem;
use virtargv_model::device::graphics::{Graphics, Vnc};
use virtargv_validate::rules::graphics as rules;

use super::Endpoint;
use super::listen::Defaults;
use super::ports::Ports;
use crate::prepare::context::{Prepare, broken};
use crate::prepare::device::audio;
use crate::prepare::tls::Credentials;
use crate::text::Text;

/// The TCP port of display number 0.
const FIRST_PORT: i32 = 5900;
/// The id of the TLS credentials.
const TLS_ID: &str = "vnc-tls-creds0";

/// A prepared VNC display.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Its address.
    pub endpoint: Endpoint,
    /// The display number: the TCP port minus 5900.
    pub display: u32,
    /// The TCP port for WebSocket.
    pub websocket: Option<i32>,
    /// TLS, if the driver's settings enable it (`vnc_tls`).
    pub tls: Option<Tls>,
    /// The id of the audio backend.
    pub audiodev: Option<Text>,
}

/// TLS of a VNC display.
#[derive(Debug)]
pub(crate) enum Tls {
    /// Credentials (`tls-creds=`).
    Credentials(Credentials),
    /// A directory of certificates (`x509=`), for QEMUs without `tls-creds-x509`.
    Directory {
        /// The directory.
        dir: Text,
        /// Whether clients must have a certificate.
        verify: bool,
    },
}

/// Prepares a VNC display.
pub(super) fn prepare(
    cx: &mut Prepare<'_>,
    graphics: &Graphics,
    vnc: &Vnc,
    ports: &mut Ports,
) -> Result<Facts, Problem> {
    let settings = cx.settings();
    let audiodev = audio::id(cx, vnc.audio, graphics.info.pos)?;
    let defaults =
        Defaults { socket: "vnc", auto_socket: settings.vnc_auto_unix_socket, address: &settings.vnc_listen };
    let endpoint = Endpoint::of(cx, &vnc.listens, &defaults)?;
    let display = match endpoint {
        Endpoint::Tcp(_) if !vnc.autoport => {
            let port = Some(vnc.port).filter(|port| *port <= 65535);
            let display = port.and_then(|port| u32::try_from(port.checked_sub(FIRST_PORT)?).ok());
            display.ok_or_else(|| {
                let message = format!(
                    "`<graphics>` has port `{}`, a VNC display has a port from `{FIRST_PORT}` to `65535`",
                    vnc.port
                );
                broken(cx.release(), &rules::VNC_PORT, graphics.info.pos.path("@port"), message)
            })?
        }
        Endpoint::Tcp(_) => {
            let port = ports.next(cx, graphics, PortPurpose::Vnc)?;
            u32::from(port).saturating_sub(FIRST_PORT.unsigned_abs())
        }
        Endpoint::Nowhere | Endpoint::Unix(_) => 0,
    };
    let websocket = match (&endpoint, vnc.websocket) {
        (Endpoint::Tcp(_), Some(-1)) => Some(ports.next(cx, graphics, PortPurpose::VncWebsocket)?.into()),
        (_, given) => given,
    };
    let tls = if settings.vnc_tls { Some(tls(cx, graphics)?) } else { None };
    Ok(Facts { endpoint, display, websocket, tls, audiodev })
}

fn tls(cx: &mut Prepare<'_>, graphics: &Graphics) -> Result<Tls, Problem> {
    let settings = cx.settings();
    let dir = settings.vnc_tls_x509_cert_dir.as_ref().unwrap_or(&settings.default_tls_x509_cert_dir);
    let (dir, verify) = (Text::from(dir), settings.vnc_tls_x509_verify);
    if !cx.has(Cap::ObjectTlsCredsX509) {
        return Ok(Tls::Directory { dir, verify });
    }
    let secret = match settings.vnc_tls_x509_secret_uuid {
        Some(uuid) => {
            let value = cx.host.secrets().secret(SecretUse::Tls, SecretKey::Uuid(uuid)).map_err(|error| {
                let message = error.about("secret", &uuid.to_string());
                let place = graphics.info.pos;
                let problem = crate::rules::GRAPHICS_VNC_TLS_SECRET.problem(cx.release(), place, message);
                Fact::Secret(SecretKey::Uuid(uuid)).unanswered(&error, problem)
            })?;
            Some(cx.encrypt(format!("{TLS_ID}-secret0"), &value))
        }
        None => None,
    };
    Ok(Tls::Credentials(Credentials { id: TLS_ID.into(), dir, listens: true, verify, secret }))
}
