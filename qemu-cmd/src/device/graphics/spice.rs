//! `-spice`.

use virtargv_caps::Cap;
use virtargv_model::device::graphics::spice::{ChannelMode, ChannelName, MouseMode};
use virtargv_model::device::graphics::{Graphics, Spice};
use virtargv_model::{Kind, OnOff, Problem, Spelled, YesNo};

use super::listen::{Defaults, Endpoint, endpoint};
use super::{node_of, switch};
use crate::device::audio;
use crate::emit::{Done, Emit, problem};
use crate::needs::Role;
use crate::{Props, Style};

/// Ports where they are to be chosen at start.
const PORT: i32 = 5901;
const TLS_PORT: i32 = 5902;

/// Which kinds of connection there are.
#[derive(Clone, Copy)]
struct Offers {
    plain: bool,
    tls: bool,
}

pub(super) fn emit(e: &mut Emit<'_>, graphics: &Graphics, spice: &Spice) -> Done {
    let config = e.host.config();
    let mut props = Props::object();
    let offers = place(e, graphics, spice, &mut props)?;
    if config.spice_sasl {
        switch(e, &mut props, "sasl", false);
        if let Some(dir) = &config.spice_sasl_dir {
            e.line.env("SASL_CONF_PATH", dir);
        }
    }
    props.set_opt("agent-mouse", spice.mouse.map(|mode| mode == MouseMode::Client));
    // The password itself is set later, where it does not show.
    if spice.auth.is_none() && config.spice_password.is_none() {
        switch(e, &mut props, "disable-ticketing", false);
    }
    if offers.tls {
        let dir = config.spice_tls_x509_cert_dir.as_ref().unwrap_or(&config.default_tls_x509_cert_dir);
        e.need_path(dir, Role::Certificates);
        props.set("x509-dir", dir);
    }
    channels(graphics, spice, offers, &mut props)?;
    compression(e, spice, &mut props);
    if let Some(gl) = spice.gl.as_ref().filter(|gl| gl.enable.is_yes()) {
        props.set("gl", true);
        if gl.rendernode.is_some() || e.has(Cap::SpiceRendernode) {
            props.set_opt("rendernode", node_of(e, graphics, gl)?);
        }
    }
    props.set("seamless-migration", true);
    e.line.option("-spice", props.to_pairs(Style::OnOff));
    if let Some(keymap) = &spice.keymap {
        e.line.option("-k", keymap);
    }
    audio::by_environment(e, "spice", false);
    Ok(())
}

/// Where it is served.
fn place(e: &Emit<'_>, graphics: &Graphics, spice: &Spice, props: &mut Props) -> Result<Offers, Problem> {
    let config = e.host.config();
    let defaults = Defaults {
        socket: "spice",
        auto_socket: config.spice_auto_unix_socket,
        address: &config.spice_listen,
    };
    match endpoint(e, graphics, &defaults)? {
        Endpoint::Nowhere => {
            // QEMU wants a port where it gets nothing else.
            props.set("port", 0);
            Ok(Offers { plain: true, tls: false })
        }
        Endpoint::Unix(path) => {
            switch(e, props, "unix", false);
            props.set("addr", path);
            Ok(Offers { plain: true, tls: false })
        }
        Endpoint::Tcp(address) => {
            let (port, tls_port) = ports(e, spice);
            let offers = Offers { plain: port > 0, tls: tls_port > 0 };
            props.set_opt("port", Some(port).filter(|_| offers.plain));
            props.set_opt("tls-port", Some(tls_port).filter(|_| offers.tls));
            props.set_opt("addr", Some(address).filter(|_| offers.plain || offers.tls));
            Ok(offers)
        }
    }
}

/// The ports, those chosen that were left open.
fn ports(e: &Emit<'_>, spice: &Spice) -> (i32, i32) {
    let modes = ChannelName::ALL.iter().map(|name| spice.mode(*name));
    let (mut plain, mut tls) = (false, false);
    if spice.autoport {
        for mode in modes {
            plain |= mode != ChannelMode::Secure;
            tls |= mode == ChannelMode::Secure || mode == ChannelMode::Any && e.host.config().spice_tls;
        }
    }
    let chosen = |given, needed, port| if needed || given == -1 { port } else { given };
    (chosen(spice.port, plain, PORT), chosen(spice.tls_port, tls, TLS_PORT))
}

/// Which channels are encrypted.
fn channels(graphics: &Graphics, spice: &Spice, offers: Offers, props: &mut Props) -> Done {
    let default = spice.default_mode.map(|mode| ("default", mode));
    let own = spice.channels.iter().map(|(name, mode)| (name.as_str(), *mode));
    for (name, mode) in default.into_iter().chain(own) {
        let (key, possible) = match mode {
            ChannelMode::Any => continue,
            ChannelMode::Secure => ("tls-channel", offers.tls),
            ChannelMode::Insecure => ("plaintext-channel", offers.plain),
        };
        if !possible {
            let message = format!(
                "channel '{name}' of element 'graphics' has mode '{mode}', but SPICE offers no such connection"
            );
            return Err(problem(Kind::Unsupported, "graphics-spice-channel", graphics.info.pos, message));
        }
        props.set(key, name);
    }
    Ok(())
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
