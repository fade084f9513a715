//! `<sound>`: device and audio backend.

use virtargv_caps::Convention;
use virtargv_model::Problem;
use virtargv_model::device::sound::{Sound, SoundModel};
use virtargv_validate::rules::sound as rules;

use super::{Device, audio};
use crate::prepare::context::{Prepare, broken};
use crate::text::Text;

/// A prepared sound card.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Its device.
    pub card: Card,
    /// The id of the audio backend; `None` for a QEMU without `-audiodev`.
    pub audiodev: Option<Text>,
}

/// The device of a sound card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Card {
    /// The PC speaker, which is part of the machine.
    PcSpeaker,
    /// A device with this driver.
    Named(&'static str),
    /// A virtio device.
    Virtio,
}

/// Prepares a `<sound>`.
pub(crate) fn prepare(cx: &mut Prepare<'_>, sound: Device<'_, Sound>) -> Result<Facts, Problem> {
    let card = match sound.model {
        SoundModel::Pcspk => Some(Card::PcSpeaker),
        SoundModel::Es1370 => Some(Card::Named("ES1370")),
        SoundModel::Ac97 => Some(Card::Named("AC97")),
        SoundModel::Ich6 => Some(Card::Named("intel-hda")),
        SoundModel::Ich9 => Some(Card::Named("ich9-intel-hda")),
        SoundModel::Usb => Some(Card::Named("usb-audio")),
        SoundModel::Sb16 => Some(Card::Named("sb16")),
        SoundModel::Virtio => Some(Card::Virtio),
        SoundModel::Ich7 => None,
    };
    let card = card.ok_or_else(|| {
        let message = format!("`<sound>` has model `{}`, which QEMU does not have", sound.model);
        broken(cx.release(), &rules::MODEL, sound.info.pos.path("@model"), message)
    })?;
    let silent = card == Card::PcSpeaker && !cx.release().has(Convention::PcSpeakerAudiodev);
    let audiodev = if silent { None } else { audio::id(cx, sound.audio, sound.info.pos)? };
    Ok(Facts { card, audiodev })
}
