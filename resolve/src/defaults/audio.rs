//! Defaults of `<audio>`.

use std::str::FromStr;

use virtargv_caps::Convention;
use virtargv_model::device::audio::{Audio, AudioType, SdlDriver};
use virtargv_model::device::graphics::GraphicsType;
use virtargv_model::info::DeviceInfo;

use crate::Work;

/// How the default audio backend is chosen.
#[derive(Clone, Copy)]
enum Source {
    /// A backend.
    Backend(AudioType),
    /// By the environment variables of the driver.
    Environment,
}

/// Adds the audio backend that follows from the guest's displays, where the document has none.
pub(crate) fn apply(work: &mut Work<'_>) {
    if !work.release.has(Convention::AudioElement) || !work.domain.devices.audios.is_empty() {
        return;
    }
    let audio = match source(work) {
        Some(Source::Backend(backend)) => Some(Audio::new(1, backend)),
        Some(Source::Environment) => from_environment(work),
        None => None,
    };
    let info = DeviceInfo::implied(if work.domain.devices.graphics.is_empty() {
        "a guest without <graphics> has no sound on the host unless nographics_allow_host_audio is set"
    } else {
        "<graphics> determines the audio backend"
    });
    // Not pushed: a vector that grows has room for four at least, and a guest has one.
    work.domain.devices.audios = audio.map(|audio| Audio { info, ..audio }).into_iter().collect();
}

/// The default backend, which the last display with a default determines.
fn source(work: &Work<'_>) -> Option<Source> {
    let config = work.host.config();
    let or_none =
        |host_audio| if host_audio { Source::Environment } else { Source::Backend(AudioType::None) };
    let graphics = &work.domain.devices.graphics;
    if graphics.is_empty() {
        return Some(or_none(config.nographics_allow_host_audio));
    }
    graphics.iter().rev().find_map(|graphics| match graphics.kind() {
        GraphicsType::Vnc => Some(or_none(config.vnc_allow_host_audio)),
        GraphicsType::Spice => Some(Source::Backend(AudioType::Spice)),
        GraphicsType::Sdl => Some(Source::Environment),
        _ => None,
    })
}

/// The backend in the environment variables of QEMU.
fn from_environment(work: &Work<'_>) -> Option<Audio> {
    let backend = match work.host.machine().env("QEMU_AUDIO_DRV").ok()??.as_str() {
        "pa" => AudioType::Pulseaudio,
        "wav" => AudioType::File,
        other => AudioType::from_str(other).ok()?,
    };
    let mut audio = Audio::new(1, backend);
    if backend == AudioType::Sdl {
        audio.sdl_driver = work
            .host
            .machine()
            .env("SDL_AUDIODRIVER")
            .ok()
            .flatten()
            .and_then(|name| SdlDriver::from_str(&name).ok());
    }
    Some(audio)
}
