//! Rules on `<audio>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::Pos;
use virtargv_model::device::audio::AudioType;
use virtargv_model::device::graphics::GraphicsType;

use crate::{Context, Findings, Rule};

crate::rules! {
    /// No two backends have the same id.
    ID_TWICE = "audio-id-twice": Xml, Validate, "`<audio id=>` is what devices name";
    /// Sound goes to a SPICE client only where there can be one.
    SPICE = "audio-spice-alone": Unsupported, Validate, "backend `spice` is part of the SPICE display";
    /// Sound goes to D-Bus only where this QEMU can.
    DBUS = "audio-dbus-missing": Unsupported, Validate, "backend `dbus` is part of the D-Bus display";
    /// What makes sound has an audio backend.
    MISSING = "audio-missing": Internal, Build, "`audiodev=` of devices and displays";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let devices = &cx.domain.devices;
    if !cx.guest.release.has(Convention::AudioElement) {
        return;
    }
    for (index, audio) in devices.audios.iter().enumerate() {
        let place = audio.info.pos;
        if devices.audios.iter().take(index).any(|earlier| earlier.id == audio.id) {
            let message = format!("attribute 'id' of element 'audio' is '{}' more than once", audio.id);
            out.refuse(&ID_TWICE, place.path("@id"), message);
        }
        let spice = || devices.graphics.iter().any(|graphics| graphics.kind() == GraphicsType::Spice);
        match audio.backend {
            AudioType::Spice if !spice() => {
                let message = "element 'audio' has type 'spice', but no element 'graphics' is of that type";
                out.refuse(&SPICE, place.path("@type"), message);
            }
            AudioType::Dbus if !cx.has(Cap::DisplayDbus) => {
                let message = "element 'audio' has type 'dbus', which this QEMU cannot do";
                out.refuse(&DBUS, place.path("@type"), message);
            }
            _ => {}
        }
    }
}

/// Refuses a device that names a backend which is not there.
pub(super) fn names_backend(
    cx: &Context<'_>,
    rule: &'static Rule,
    id: Option<u32>,
    element: &str,
    place: Pos,
    out: &mut Findings<'_>,
) {
    let known = |id| cx.domain.devices.audios.iter().any(|audio| audio.id == id);
    if let Some(id) = id.filter(|id| cx.guest.release.has(Convention::AudioElement) && !known(*id)) {
        let message =
            format!("element '{element}' names audio backend '{id}', there is no 'audio' with that 'id'");
        out.refuse(rule, place.path("audio/@id"), message);
    }
}

/// Holds what is only found while the line is built. `id` is the backend that the element at `user` names; one that is
/// not there is found before where elements can name backends.
pub(crate) fn build(cx: &Context<'_>, id: Option<u32>, user: Pos, out: &mut Findings<'_>) {
    let named = id.is_some() && cx.follows(Convention::AudioElement);
    let mut audios = cx.domain.devices.audios.iter();
    if cx.has(Cap::Audiodev) && !named && !audios.any(|audio| id.is_none_or(|id| audio.id == id)) {
        out.refuse(&MISSING, user, "there is no element 'audio' for a device that makes sound");
    }
}
