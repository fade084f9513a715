//! Defaults of `<sound>`.

use virtargv_model::device::sound::SoundModel;

use crate::Work;

/// The default number of streams of a virtio sound device: one for playback, one for recording.
const STREAMS: u32 = 2;

/// Fills in the streams of virtio sound devices. A sound device without an audio backend uses the first one.
pub(crate) fn apply(work: &mut Work<'_>) {
    for sound in &mut work.domain.devices.sounds {
        if sound.model == SoundModel::Virtio {
            sound.streams.get_or_insert(STREAMS);
        }
    }
}
