//! `-spice`.

use virtargv_model::device::graphics::Spice;
use virtargv_model::device::graphics::spice::{ChannelMode, MouseMode};
use virtargv_model::{OnOff, Spelled, YesNo};

use super::{path, switch};
use crate::emit::context::Emit;
use crate::emit::device::audio;
use crate::needs::Role;
use crate::prepare::device::graphics::Endpoint;
use crate::prepare::device::graphics::spice::Facts;
use crate::{Props, Text};

/// Emits a SPICE display.
pub(super) fn emit(e: &mut Emit<'_>, spice: &Spice, facts: &Facts) {
    let settings = e.settings();
    let mut props = Props::object();
    endpoint(e, &mut props, facts);
    if settings.spice_sasl {
        switch(e, &mut props, "sasl", false);
        if let Some(dir) = &settings.spice_sasl_dir {
            e.env("SASL_CONF_PATH", dir);
        }
    }
    props.set_opt("agent-mouse", spice.mouse.map(|mode| mode == MouseMode::Client));
    // The password is set over the monitor, so that it is not on the command line.
    if spice.auth.is_none() && settings.spice_password.is_none() {
        switch(e, &mut props, "disable-ticketing", false);
    }
    if let Some(tls) = &facts.tls {
        e.need_path(&tls.certificates, Role::Certificates);
        props.set("x509-dir", tls.certificates.clone());
    }
    for (name, mode) in spice.channel_modes() {
        match mode {
            ChannelMode::Any => {}
            ChannelMode::Secure => drop(props.set("tls-channel", name)),
            ChannelMode::Insecure => drop(props.set("plaintext-channel", name)),
        }
    }
    compression(e, spice, &mut props);
    if spice.gl.as_ref().is_some_and(|gl| gl.enable.is_yes()) {
        props.set("gl", true);
        props.set_opt("rendernode", facts.rendernode.as_ref().map(|node| path(e, node)));
    }
    props.set("seamless-migration", true);
    e.pairs("-spice", props);
    if let Some(keymap) = &spice.keymap {
        e.option("-k", Text::from(keymap));
    }
    audio::by_environment(e, "spice", false);
}

/// Adds the ports and the address, or the socket.
fn endpoint(e: &Emit<'_>, props: &mut Props, facts: &Facts) {
    match &facts.endpoint {
        Endpoint::Nowhere => {
            // QEMU refuses `-spice` without any port.
            props.set("port", 0);
        }
        Endpoint::Unix(path) => {
            switch(e, props, "unix", false);
            props.set("addr", path.clone());
        }
        Endpoint::Tcp(address) => {
            props.set_opt("port", facts.port).set_opt("tls-port", facts.tls.as_ref().map(|tls| tls.port));
            if facts.port.is_some() || facts.tls.is_some() {
                props.set("addr", address.clone());
            }
        }
    }
}

fn compression(e: &Emit<'_>, spice: &Spice, props: &mut Props) {
    props.set_opt("image-compression", spice.image.map(Spelled::as_str));
    props.set_opt("jpeg-wan-compression", spice.jpeg.map(Spelled::as_str));
    props.set_opt("zlib-glz-wan-compression", spice.zlib.map(Spelled::as_str));
    props.set_opt("playback-compression", spice.playback.map(OnOff::is_on));
    props.set_opt("streaming-video", spice.streaming.map(Spelled::as_str));
    if spice.copypaste == Some(YesNo::No) {
        switch(e, props, "disable-copy-paste", false);
    }
    if spice.filetransfer == Some(YesNo::No) {
        switch(e, props, "disable-agent-file-xfer", false);
    }
}
