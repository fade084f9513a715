//! `-vnc`.

use virtargv_caps::Cap;
use virtargv_host::{SecretKey, SecretUse};
use virtargv_model::device::graphics::{Graphics, Vnc};
use virtargv_model::{Kind, Problem, Spelled, YesNo};

use super::listen::{Defaults, Endpoint, endpoint};
use super::switch;
use crate::device::audio;
use crate::emit::{Done, Emit, problem};
use crate::needs::Role;
use crate::{Props, Style, Value, secret, tls};

/// The port of display 0.
const FIRST_PORT: i32 = 5900;

pub(super) fn emit(e: &mut Emit<'_>, graphics: &Graphics, vnc: &Vnc) -> Done {
    let config = e.host.config();
    let audio_id = audio::id(e, vnc.audio, graphics.info.pos)?;
    let (mut props, keyed) = place(e, graphics, vnc)?;
    props.set_opt("share", vnc.share_policy.map(Spelled::as_str));
    // The password itself is set later, where it does not show.
    let explicit = e.has(Cap::VncOpts);
    if vnc.auth.is_some() || config.vnc_password.is_some() {
        switch(e, &mut props, "password", explicit);
    }
    if config.vnc_tls {
        tls(e, graphics, &mut props)?;
    }
    if config.vnc_sasl {
        switch(e, &mut props, "sasl", explicit);
        if let Some(dir) = &config.vnc_sasl_dir {
            e.line.env("SASL_CONF_PATH", dir);
        }
    }
    props.set_opt("power-control", vnc.power_control.map(YesNo::is_yes));
    props.set_opt("audiodev", audio_id);
    let text = if keyed { props.to_pairs(Style::OnOff) } else { props.to_kv(Style::OnOff) };
    e.line.option("-vnc", text);
    if let Some(keymap) = &vnc.keymap {
        e.line.option("-k", keymap);
    }
    // Sound of a guest that is looked at from afar does not belong on the host.
    audio::by_environment(e, "none", config.vnc_allow_host_audio);
    Ok(())
}

/// Where it is served (for TCP, `[address]:display`), and whether this first property is to be named: a path could be
/// taken for one otherwise.
fn place(e: &Emit<'_>, graphics: &Graphics, vnc: &Vnc) -> Result<(Props, bool), Problem> {
    let config = e.host.config();
    let defaults =
        Defaults { socket: "vnc", auto_socket: config.vnc_auto_unix_socket, address: &config.vnc_listen };
    let mut keyed = false;
    let props = match endpoint(e, graphics, &defaults)? {
        Endpoint::Nowhere => Props::new("vnc", "none"),
        Endpoint::Unix(path) => {
            keyed = e.has(Cap::VncMultiServers);
            Props::new("vnc", format!("unix:{path}"))
        }
        Endpoint::Tcp(address) => {
            let port = if vnc.autoport { FIRST_PORT } else { vnc.port };
            if !(FIRST_PORT..=65535).contains(&port) {
                let message = format!(
                    "attribute 'port' of element 'graphics' is '{}', VNC's ports are '{FIRST_PORT}' to '65535'",
                    vnc.port
                );
                let place = graphics.info.pos.path("@port");
                return Err(problem(Kind::Unsupported, "graphics-vnc-port", place, message));
            }
            let address = if address.contains(':') { format!("[{address}]") } else { address };
            let mut props = Props::new("vnc", format!("{address}:{}", port - FIRST_PORT));
            props.set_opt("websocket", vnc.websocket);
            props
        }
    };
    Ok((props, keyed))
}

fn tls(e: &mut Emit<'_>, graphics: &Graphics, props: &mut Props) -> Done {
    const ID: &str = "vnc-tls-creds0";
    let config = e.host.config();
    let dir = config.vnc_tls_x509_cert_dir.as_ref().unwrap_or(&config.default_tls_x509_cert_dir);
    if !e.has(Cap::ObjectTlsCredsX509) {
        e.need_path(dir, Role::Certificates);
        props.set("tls", Value::Bare);
        props.set(if config.vnc_tls_x509_verify { "x509verify" } else { "x509" }, dir);
        return Ok(());
    }
    let mut password = None;
    if let Some(uuid) = &config.vnc_tls_x509_secret_uuid {
        let value = e.host.secrets().secret(SecretUse::Tls, SecretKey::Uuid(uuid)).map_err(|error| {
            problem(Kind::SecretMissing, "graphics-vnc-tls-secret", graphics.info.pos, error.to_string())
        })?;
        let id = format!("{ID}-secret0");
        let object = secret::sealed(e, &id, &value);
        e.object(&object);
        password = Some(id);
    }
    let credentials = tls::x509(e, ID, dir, true, config.vnc_tls_x509_verify, password.as_deref());
    e.object(&credentials);
    props.set("tls-creds", ID);
    Ok(())
}
