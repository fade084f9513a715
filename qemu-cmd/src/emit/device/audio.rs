//! `<audio>`: `-audiodev`, and the environment variables of QEMUs without it.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::audio::{Audio, AudioIo, AudioType};
use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::{Spelled, YesNo};

use crate::emit::context::Emit;
use crate::needs::Role;
use crate::prepare::device::audio::name;
use crate::{Form, Props, Value};

/// Emits every `<audio>`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    if !e.has(Cap::Audiodev) {
        return;
    }
    for (index, audio) in e.domain().devices.audios.iter().enumerate() {
        e.at_nameless(DeviceId { kind: DeviceKind::Audio, index }, &audio.info);
        let props = backend(e, audio);
        environment(e, audio);
        e.props("-audiodev", props, Form::Json);
    }
}

/// Selects the audio backend of a QEMU without `-audiodev`, by `QEMU_AUDIO_DRV`: `driver`, or with `from_host` what the
/// driver's own environment has.
pub(crate) fn by_environment(e: &mut Emit<'_>, driver: &str, from_host: bool) {
    const DRIVER: &str = "QEMU_AUDIO_DRV";
    if e.release().has(Convention::AudioElement) {
        return;
    }
    if from_host {
        e.pass_env(DRIVER);
    } else {
        e.env(DRIVER, driver);
    }
}

/// Selects the audio backend of a guest without `<graphics>`, for a QEMU without `-audiodev`.
pub(crate) fn without_graphics(e: &mut Emit<'_>) {
    by_environment(e, "none", e.settings().nographics_allow_host_audio);
}

/// Passes on the environment variables that the library of an audio backend reads.
fn environment(e: &mut Emit<'_>, audio: &Audio) {
    match audio.backend {
        AudioType::Sdl => {
            if let Some(driver) = audio.sdl_driver {
                e.env("SDL_AUDIODRIVER", driver.as_str());
            }
        }
        AudioType::Pipewire => {
            e.pass_env("PIPEWIRE_CORE");
            e.pass_env("PIPEWIRE_REMOTE");
            match &audio.runtime_dir {
                Some(dir) => e.env("PIPEWIRE_RUNTIME_DIR", dir),
                // PipeWire's client library looks for its socket in the first of these that is set.
                None => pass_first(e, &["PIPEWIRE_RUNTIME_DIR", "XDG_RUNTIME_DIR", "USERPROFILE"]),
            }
        }
        _ => {}
    }
}

/// Passes on the first of `names` that is set in the driver's environment.
fn pass_first(e: &mut Emit<'_>, names: &[&'static str]) {
    for name in names {
        if e.pass_env(name) {
            return;
        }
    }
}

fn backend(e: &Emit<'_>, audio: &Audio) -> Props {
    let driver = match audio.backend {
        AudioType::Pulseaudio => "pa",
        AudioType::File => "wav",
        other => other.as_str(),
    };
    let mut props = Props::object().with("id", name(audio.id)).with("driver", driver);
    props.set_opt("timer-period", audio.timer_period);
    props.set_opt("try-mmap", audio.try_mmap.map(YesNo::is_yes));
    props.set_opt("exclusive", audio.exclusive.map(YesNo::is_yes));
    props.set_opt("dsp-policy", audio.dsp_policy);
    props.set_opt("server", audio.server_name.as_ref());
    if let Some(path) = &audio.path {
        e.need_path(path, Role::Output);
        props.set("path", path);
    }
    for (key, direction) in [("in", &audio.input), ("out", &audio.output)] {
        let io = direction.as_ref().map(io).filter(|io| !io.is_empty());
        props.set_opt(key, io.map(Value::Object));
    }
    props
}

fn io(io: &AudioIo) -> Props {
    let mut props = Props::object();
    props.set_opt("mixing-engine", io.mixing_engine.map(YesNo::is_yes));
    props.set_opt("fixed-settings", io.fixed_settings.map(YesNo::is_yes));
    props.set_opt("voices", io.voices);
    props.set_opt("buffer-length", io.buffer_length);
    if io.fixed_settings == Some(YesNo::Yes)
        && let Some(settings) = io.settings
    {
        props.set_opt("frequency", settings.frequency);
        props.set_opt("channels", settings.channels);
        props.set_opt("format", settings.format.map(Spelled::as_str));
    }
    props.set_opt("server-name", io.server_name.as_ref());
    props.set_opt("client-name", io.client_name.as_ref());
    props.set_opt("connect-ports", io.connect_ports.as_ref());
    props.set_opt("exact-name", io.exact_name.map(YesNo::is_yes));
    props.set_opt("dev", io.dev.as_ref());
    props.set_opt("buffer-count", io.buffer_count);
    props.set_opt("try-poll", io.try_poll.map(YesNo::is_yes));
    props.set_opt("name", io.name.as_ref());
    props.set_opt("stream-name", io.stream_name.as_ref());
    props.set_opt("latency", io.latency);
    props
}
