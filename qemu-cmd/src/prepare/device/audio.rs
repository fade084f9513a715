//! `<audio>`: the audio backend of a device or display.

use virtargv_caps::Cap;
use virtargv_model::{Pos, Problem};
use virtargv_validate::rules::audio as rules;

use crate::prepare::context::{Prepare, must};
use crate::text::{Text, text};

/// The id in QEMU of the audio backend `id`, or of the first one for `None`. The result is `None` for a QEMU without
/// `-audiodev`.
pub(crate) fn id(cx: &Prepare<'_>, id: Option<u32>, user: Pos) -> Result<Option<Text>, Problem> {
    if !cx.has(Cap::Audiodev) {
        return Ok(None);
    }
    let mut audios = cx.domain.devices.audios.iter();
    let found = audios.find(|audio| id.is_none_or(|id| audio.id == id));
    must(found.map(|audio| name(audio.id)), &rules::MISSING, user).map(Some)
}

/// The id in QEMU of the audio backend with this `id=`.
pub(crate) fn name(id: u32) -> Text {
    text!("audio", id)
}
