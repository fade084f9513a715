//! Rules on `<sound>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::sound::{Codec, Sound, SoundModel};

use super::audio::names_backend;
use super::{audio, virtio};
use crate::{Context, Findings};

crate::rules! {
    /// A sound card's model is one that QEMU has.
    MODEL = "sound-model": Internal, Validate, "QEMU never had the HD Audio of the ICH7";
    /// A sound card's model is one that this QEMU has.
    MODEL_MISSING = "sound-model-missing": Unsupported, Validate, "devices `usb-audio`, `ich9-intel-hda`, `virtio-sound`";
    /// A codec is one that this QEMU has.
    CODEC_MISSING = "sound-codec-missing": Unsupported, Validate, "devices `hda-duplex`, `hda-micro`, `hda-output`";
    /// A sound card's backend is there.
    BACKEND = "sound-backend": Xml, Validate, "`<sound><audio id=>` names an `<audio>`";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for sound in &cx.domain.devices.sounds {
        names_backend(cx, &BACKEND, sound.audio, "sound", sound.info.pos, out);
        model(cx, sound, out);
        codecs(cx, sound, out);
        let driver = sound.info.pos.path("driver");
        if sound.model == SoundModel::Virtio {
            virtio::available(cx, sound.virtio, &driver, out);
        } else {
            virtio::absent(sound.virtio, &driver, out);
        }
    }
}

fn model(cx: &Context<'_>, sound: &Sound, out: &mut Findings<'_>) {
    let place = sound.info.pos.path("@model");
    let needed = match sound.model {
        SoundModel::Usb => Cap::ObjectUsbAudio,
        SoundModel::Ich9 => Cap::DeviceIch9IntelHda,
        SoundModel::Virtio => Cap::DeviceVirtioSound,
        SoundModel::Ich7 => {
            let message =
                format!("attribute 'model' of element 'sound' is '{}', QEMU has no such card", sound.model);
            return out.refuse(&MODEL, place, message);
        }
        _ => return,
    };
    if !cx.has(needed) {
        let message =
            format!("attribute 'model' of element 'sound' is '{}', this QEMU has no such card", sound.model);
        out.refuse(&MODEL_MISSING, place, message);
    }
}

fn codecs(cx: &Context<'_>, sound: &Sound, out: &mut Findings<'_>) {
    for codec in &sound.codecs {
        let (cap, device) = match codec {
            Codec::Duplex => (Cap::HdaDuplex, "hda-duplex"),
            Codec::Micro => (Cap::HdaMicro, "hda-micro"),
            Codec::Output => (Cap::HdaOutput, "hda-output"),
        };
        if !cx.has(cap) {
            let message = format!("element 'codec' has type '{codec}', this QEMU has no device '{device}'");
            out.refuse(&CODEC_MISSING, sound.info.pos.path("codec"), message);
        }
    }
}

/// Holds what is only found while the line is built.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    for sound in &cx.domain.devices.sounds {
        // Where the speaker is an option of its own it plays to no backend.
        if sound.model != SoundModel::Pcspk || cx.follows(Convention::AccelOption) {
            audio::build(cx, sound.audio, sound.info.pos, out);
        }
    }
}
