//! `<audio>`: which audio backend a device or display plays to.

use virtargv_caps::Cap;
use virtargv_model::{Pos, Problem};
use virtargv_validate::rules::audio as rules;

use crate::prepare::context::{Prepare, must};
use crate::text::{Text, text};

/// The id in QEMU of the backend `id` of the document, or of the first one. `None` where this QEMU has no backends.
pub(crate) fn id(cx: &Prepare<'_>, id: Option<u32>, user: Pos) -> Result<Option<Text>, Problem> {
    if !cx.has(Cap::Audiodev) {
        return Ok(None);
    }
    let mut audios = cx.domain.devices.audios.iter();
    let found = audios.find(|audio| id.is_none_or(|id| audio.id == id));
    must(found.map(|audio| name(audio.id)), &rules::MISSING, user).map(Some)
}

/// What QEMU calls the backend with this number.
pub(crate) fn name(id: u32) -> Text {
    text!("audio", id).into()
}
