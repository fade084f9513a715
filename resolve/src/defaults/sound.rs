//! `<sound>`: what the document left open.

use virtargv_model::device::sound::SoundModel;

use crate::Work;

/// How many streams a virtio sound card has: one to play, one to record.
const STREAMS: u32 = 2;

/// Gives virtio sound cards their streams. The backend of a card that names none is looked up when it is needed.
pub(crate) fn apply(work: &mut Work<'_>) {
    for sound in &mut work.domain.devices.sounds {
        if sound.model == SoundModel::Virtio {
            sound.streams.get_or_insert(STREAMS);
        }
    }
}
