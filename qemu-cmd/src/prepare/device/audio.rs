//! `<audio>`: the audio backend of a device or display.

use virtargv_caps::Cap;
use virtargv_model::{Pos, Problem};
use virtargv_validate::rules::audio as rules;

use crate::prepare::context::{Prepare, broken};
use crate::text::{Text, text};

/// The id in QEMU of the audio backend `id`, or of the first one for `None`. The result is `None` for a QEMU without
/// `-audiodev`.
pub(crate) fn id(cx: &Prepare<'_>, id: Option<u32>, user: Pos) -> Result<Option<Text>, Problem> {
    if !cx.has(Cap::Audiodev) {
        return Ok(None);
    }
    let mut audios = cx.domain.devices.audios.iter();
    let found = audios.find(|audio| id.is_none_or(|id| audio.id == id));
    found.map(|audio| Some(name(audio.id))).ok_or_else(|| {
        let message = match id {
            Some(id) => format!("there is no `<audio>` with id `{id}`"),
            None => "the device needs an audio backend, and the domain has no `<audio>`".to_owned(),
        };
        broken(cx.release(), &rules::MISSING, user, message)
    })
}

/// The id in QEMU of the audio backend with this `id=`.
pub(crate) fn name(id: u32) -> Text {
    text!("audio", id)
}
