//! `-vnc`.

use virtargv_caps::Cap;
use virtargv_model::device::graphics::Vnc;
use virtargv_model::{Spelled, YesNo};

use super::switch;
use crate::emit::context::Emit;
use crate::emit::device::audio;
use crate::emit::tls;
use crate::needs::Role;
use crate::prepare::device::graphics::Endpoint;
use crate::prepare::device::graphics::vnc::{Facts, Tls};
use crate::text::text;
use crate::{Form, Props, Style, Text, Value};

/// Emits a VNC display.
pub(super) fn emit(e: &mut Emit<'_>, vnc: &Vnc, facts: &Facts) {
    let settings = e.settings();
    let (mut props, form) = endpoint(e, facts);
    props.set_opt("share", vnc.share_policy.map(Spelled::as_str));
    // The password is set over the monitor, so that it is not on the command line.
    let explicit = e.has(Cap::VncOpts);
    if vnc.auth.is_some() || settings.vnc_password.is_some() {
        switch(e, &mut props, "password", explicit);
    }
    match &facts.tls {
        None => {}
        Some(Tls::Credentials(credentials)) => {
            tls::emit(e, credentials);
            props.set("tls-creds", credentials.id.clone());
        }
        Some(Tls::Directory { dir, verify }) => {
            e.need_path(dir, Role::Certificates);
            props.set("tls", Value::Bare);
            props.set(if *verify { "x509verify" } else { "x509" }, dir.clone());
        }
    }
    if settings.vnc_sasl {
        switch(e, &mut props, "sasl", explicit);
        if let Some(dir) = &settings.vnc_sasl_dir {
            e.env("SASL_CONF_PATH", dir);
        }
    }
    props.set_opt("power-control", vnc.power_control.map(YesNo::is_yes));
    props.set_opt("audiodev", facts.audiodev.clone());
    e.props("-vnc", props, form);
    if let Some(keymap) = &vnc.keymap {
        e.option("-k", Text::from(keymap));
    }
    // By default a guest with a VNC display does not play on the host.
    audio::by_environment(e, "none", settings.vnc_allow_host_audio);
}

/// The first property, the address: `ADDRESS:DISPLAY` for TCP. Its key is implied, except for a socket, whose path
/// could be read as a key, and an address with `=`, which would be.
fn endpoint(e: &Emit<'_>, facts: &Facts) -> (Props, Form) {
    let implied = Form::Implied(Style::OnOff);
    match &facts.endpoint {
        Endpoint::Nowhere => (Props::new("vnc", "none"), implied),
        Endpoint::Unix(path) => {
            let form = if e.has(Cap::VncMultiServers) { Form::Pairs(Style::OnOff) } else { implied };
            (Props::new("vnc", text!("unix:", path)), form)
        }
        Endpoint::Tcp(address) => {
            let (open, close) = if address.contains(':') { ("[", "]") } else { ("", "") };
            let mut props = Props::new("vnc", text!(open, address, close, ":", facts.display));
            props.set_opt("websocket", facts.websocket);
            let form = if address.contains('=') { Form::Pairs(Style::OnOff) } else { implied };
            (props, form)
        }
    }
}
