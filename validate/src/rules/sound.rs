//! Rules on `<sound>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::sound::{Codec, Sound, SoundModel};

use super::audio::names_backend;
use super::{audio, virtio};
use crate::{Context, Findings};

virtargv_model::rules! {
    /// The model of a sound device is not `ich7`.
    MODEL = "sound-model": Internal, Validate,
        "`<sound model='ich7'>`: QEMU has the HD Audio of ICH6 and ICH9 only",
        help "use `model='ich6'` or `model='ich9'`";
    /// The model of a sound device is one that this QEMU has.
    MODEL_MISSING = "sound-model-missing": Unsupported, Validate,
        "`<sound model=>`: `usb-audio`, `ich9-intel-hda` and `virtio-sound-pci`",
        help "use another `model=`, or a QEMU that has the device";
    /// The codec of a sound device is one that this QEMU has.
    CODEC_MISSING = "sound-codec-missing": Unsupported, Validate,
        "`<sound><codec type=>`: `hda-duplex`, `hda-micro` and `hda-output`",
        help "use another `type=`, or a QEMU that has the device";
    /// The audio backend of a sound device exists.
    BACKEND = "sound-backend": Xml, Validate,
        "`<sound><audio id=>`: the id of an `<audio>`",
        help "add an `<audio>` with that id, or change `id=`",
        since "7.2";
}

/// Checks every `<sound>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for sound in &cx.domain.devices.sounds {
        names_backend(cx, &BACKEND, sound.audio, "sound", sound.info.pos, out);
        model(cx, sound, out);
        codecs(cx, sound, out);
        virtio::available(cx, sound.virtio, &sound.info.pos.path("driver"), out);
    }
}

fn model(cx: &Context<'_>, sound: &Sound, out: &mut Findings<'_>) {
    let place = sound.info.pos.path("@model");
    let needed = match sound.model {
        SoundModel::Usb => Cap::ObjectUsbAudio,
        SoundModel::Ich9 => Cap::DeviceIch9IntelHda,
        SoundModel::Virtio => Cap::DeviceVirtioSound,
        SoundModel::Ich7 => {
            let message = format!("`model` of `<sound>` is `{}`, which QEMU does not support", sound.model);
            return out.refuse(&MODEL, place, message);
        }
        _ => return,
    };
    if !cx.has(needed) {
        let message = format!("`model` of `<sound>` is `{}`, which this QEMU does not support", sound.model);
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
            let message =
                format!("`<codec>` of type `{codec}` needs device `{device}`, which this QEMU lacks");
            out.refuse(&CODEC_MISSING, sound.info.pos.path("codec"), message);
        }
    }
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    for sound in &cx.domain.devices.sounds {
        if sound.model != SoundModel::Pcspk || cx.release.has(Convention::PcSpeakerAudiodev) {
            audio::build(cx, sound.audio, sound.info.pos, out);
        }
    }
}
