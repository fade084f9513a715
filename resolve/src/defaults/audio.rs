//! `<audio>`: what the document left open.

use std::str::FromStr;

use virtargv_caps::Convention;
use virtargv_model::device::audio::{Audio, AudioType, SdlDriver};
use virtargv_model::device::graphics::GraphicsType;

use crate::Work;

/// What decides where sound goes in a document that does not say.
#[derive(Clone, Copy)]
enum Source {
    /// This backend.
    Backend(AudioType),
    /// What the driver's own environment says, if anything.
    Environment,
}

/// Adds the backend that follows from the guest's screens, where the document has none.
pub(crate) fn apply(work: &mut Work<'_>) {
    if !work.release.has(Convention::AudioElement) || !work.domain.devices.audios.is_empty() {
        return;
    }
    let audio = match source(work) {
        Some(Source::Backend(backend)) => Some(Audio::new(1, backend)),
        Some(Source::Environment) => from_environment(work),
        None => None,
    };
    work.domain.devices.audios.extend(audio);
}

/// The last screen that has a say in it decides.
fn source(work: &Work<'_>) -> Option<Source> {
    let config = work.host.config();
    let or_nowhere =
        |host_audio| if host_audio { Source::Environment } else { Source::Backend(AudioType::None) };
    let graphics = &work.domain.devices.graphics;
    if graphics.is_empty() {
        return Some(or_nowhere(config.nographics_allow_host_audio));
    }
    graphics.iter().rev().find_map(|graphics| match graphics.kind() {
        GraphicsType::Vnc => Some(or_nowhere(config.vnc_allow_host_audio)),
        GraphicsType::Spice => Some(Source::Backend(AudioType::Spice)),
        GraphicsType::Sdl => Some(Source::Environment),
        _ => None,
    })
}

/// The backend that QEMU itself would take from the environment.
fn from_environment(work: &Work<'_>) -> Option<Audio> {
    let backend = match work.host.env("QEMU_AUDIO_DRV")?.as_str() {
        "pa" => AudioType::Pulseaudio,
        "wav" => AudioType::File,
        other => AudioType::from_str(other).ok()?,
    };
    let mut audio = Audio::new(1, backend);
    if backend == AudioType::Sdl {
        audio.sdl_driver = work.host.env("SDL_AUDIODRIVER").and_then(|name| SdlDriver::from_str(&name).ok());
    }
    Some(audio)
}
