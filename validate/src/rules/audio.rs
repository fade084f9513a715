//! Rules on `<audio>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::audio::AudioType;
use virtargv_model::device::graphics::GraphicsType;
use virtargv_model::{Message, Pos};

use crate::{Context, Findings, Rule};

virtargv_model::rules! {
    /// Every audio backend has an id of its own.
    ID_TWICE = "audio-id-twice": Xml, Validate,
        "`<audio id=>`: `<sound>`, `<video>` and `<graphics>` name their backend by it",
        help "give one of them another `id=`",
        since "7.2";
    /// An audio backend of type `spice` needs a display of type `spice`.
    SPICE = "audio-spice-alone": Unsupported, Validate,
        "`<audio type='spice'>`: `-audiodev spice` sends the sound to the SPICE client",
        help "add `<graphics type='spice'>`, or use another `type=`",
        since "7.2";
    /// An audio backend of type `dbus` needs a QEMU that has it.
    DBUS = "audio-dbus-missing": Unsupported, Validate,
        "`<audio type='dbus'>`: `-audiodev dbus` comes with `-display dbus`",
        help "use another `type=`, or a QEMU that has D-Bus displays",
        since "7.2";
    /// A sound device, VNC display or D-Bus display has an audio backend.
    MISSING = "audio-missing": Internal, Build,
        "`<sound><audio id=>` and `<graphics><audio id=>`: `audiodev=` of the device or display",
        help "add an `<audio>` with that id, or change `id=`";
}

/// Checks every `<audio>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let devices = &cx.domain.devices;
    for audio in &devices.audios {
        let place = audio.info.pos;
        if let Some(first) = cx.known.audio(audio.id).filter(|first| !std::ptr::eq(*first, audio)) {
            let message = format!("`id='{}'` is given to more than one `<audio>`", audio.id);
            let message = Message::new(message).with_first(first.info.pos.attr("id"));
            out.refuse(&ID_TWICE, place.path("@id"), message);
        }
        let spice = || cx.known.has_display(GraphicsType::Spice);
        match audio.backend {
            AudioType::Spice if !spice() => {
                let message = "`<audio>` of type `spice` needs a `<graphics>` of that type";
                out.refuse(&SPICE, place.path("@type"), message);
            }
            AudioType::Dbus if !cx.has(Cap::DisplayDbus) => {
                let message = "`<audio>` of type `dbus` is not supported by this QEMU";
                out.refuse(&DBUS, place.path("@type"), message);
            }
            _ => {}
        }
    }
}

/// Reports a device whose audio backend does not exist.
pub(super) fn names_backend(
    cx: &Context<'_>,
    rule: &'static Rule,
    id: Option<u32>,
    element: &str,
    place: Pos,
    out: &mut Findings<'_>,
) {
    if let Some(id) = id.filter(|id| cx.known.audio(*id).is_none()) {
        let message = format!("`<{element}>` names the audio backend `{id}`, but no `<audio>` has that `id`");
        let add = format!("add `<audio id='{id}' type='none'/>`, or one of another type, to `<devices>`");
        let help = match cx.domain.devices.audios.first() {
            Some(audio) => format!("use the id of an `<audio>`, such as `id='{}'`, or {add}", audio.id),
            None => add,
        };
        out.refuse(rule, place.path("audio/@id"), Message::new(message).with_help(help));
    }
}

/// Checks what libvirt finds only when it builds the command line: the audio backend `id` of the sound device or VNC
/// display at `user`. [`names_backend`] reports an id without a backend in the releases that read `<audio>` there.
pub(crate) fn build(cx: &Context<'_>, id: Option<u32>, user: Pos, out: &mut Findings<'_>) {
    if id.is_none() || !cx.release.has(Convention::AudioElement) {
        exists(cx, id, user, out);
    }
}

/// Checks that the audio backend `id`, or any for `None`, exists for the element at `user`.
pub(super) fn exists(cx: &Context<'_>, id: Option<u32>, user: Pos, out: &mut Findings<'_>) {
    let there = match id {
        Some(id) => cx.known.audio(id).is_some(),
        None => !cx.domain.devices.audios.is_empty(),
    };
    if cx.has(Cap::Audiodev) && !there {
        let message = "the device or display has no audio backend: an `<audio>` is missing";
        out.refuse(&MISSING, user, message);
    }
}
