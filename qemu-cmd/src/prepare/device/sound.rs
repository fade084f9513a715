//! `<sound>`: QEMU's driver, and where the sound goes.

use virtargv_caps::Convention;
use virtargv_model::Problem;
use virtargv_model::device::sound::{Sound, SoundModel};
use virtargv_validate::rules::sound as rules;

use super::{Device, audio};
use crate::prepare::context::{Prepare, must};
use crate::text::Text;

/// What is settled about a sound card.
#[derive(Debug)]
pub(crate) struct Facts {
    /// What it is to QEMU.
    pub card: Card,
    /// The audio backend, where QEMU has such.
    pub audiodev: Option<Text>,
}

/// What a sound card is to QEMU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Card {
    /// The PC speaker, which the machine has.
    PcSpeaker,
    /// A device with this driver.
    Named(&'static str),
    /// A virtio device.
    Virtio,
}

/// Settles it.
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
    let card = must(card, &rules::MODEL, sound.info.pos.path("@model"))?;
    // Where the speaker is an option of its own it plays to no backend.
    let silent = card == Card::PcSpeaker && !cx.release().has(Convention::AccelOption);
    let audiodev = if silent { None } else { audio::id(cx, sound.audio, sound.info.pos)? };
    Ok(Facts { card, audiodev })
}
