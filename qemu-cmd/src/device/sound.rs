//! `<sound>`: the guest's sound cards.

use virtargv_caps::Convention;
use virtargv_model::device::sound::{Codec, Sound, SoundModel};
use virtargv_model::{Kind, YesNo};

use super::virtio::Variant;
use super::{address, audio, virtio};
use crate::Props;
use crate::emit::{Done, Emit, problem};

/// Emits every `<sound>`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    for sound in &e.domain().devices.sounds {
        if sound.model == SoundModel::Pcspk {
            // Where backends have names, it is a property of the machine.
            if !e.release().has(Convention::AudioElement) {
                e.line.option("-soundhw", "pcspk");
            }
            continue;
        }
        card(e, sound)?;
        if sound.model.has_codecs() {
            let codecs = if sound.codecs.is_empty() { &[Codec::Duplex] } else { sound.codecs.as_slice() };
            for (index, codec) in codecs.iter().enumerate() {
                self::codec(e, sound, *codec, index)?;
            }
        }
    }
    Ok(())
}

/// `pcspk-audiodev=` of the machine, where the guest has a PC speaker.
pub(crate) fn pc_speaker(e: &Emit<'_>, machine: &mut Props) -> Done {
    let speaker = e.domain().devices.sounds.iter().find(|sound| sound.model == SoundModel::Pcspk);
    if let Some(sound) = speaker {
        machine.set_opt("pcspk-audiodev", audio::id(e, sound.audio, sound.info.pos)?);
    }
    Ok(())
}

fn card(e: &mut Emit<'_>, sound: &Sound) -> Done {
    let driver = match sound.model {
        SoundModel::Es1370 => "ES1370",
        SoundModel::Ac97 => "AC97",
        SoundModel::Ich6 => "intel-hda",
        SoundModel::Ich9 => "ich9-intel-hda",
        SoundModel::Usb => "usb-audio",
        SoundModel::Sb16 => "sb16",
        SoundModel::Virtio => "virtio-sound",
        SoundModel::Pcspk | SoundModel::Ich7 => {
            let message = format!("QEMU has no device for model '{}' of element 'sound'", sound.model);
            return Err(problem(Kind::Internal, "sound-model", sound.info.pos.path("@model"), message));
        }
    };
    let mut props = if sound.model == SoundModel::Virtio {
        virtio::device(e, driver, Variant::Plain, &sound.info, sound.virtio)?
    } else {
        Props::new("driver", driver)
    };
    props.set_opt("id", sound.info.alias.as_ref());
    if !sound.model.has_codecs() {
        props.set_opt("audiodev", audio::id(e, sound.audio, sound.info.pos)?);
    }
    props.set_opt("multi", sound.multichannel.map(YesNo::is_yes));
    props.set_opt("streams", sound.streams);
    address::add(&mut props, e, &sound.info)?;
    e.device(&props);
    Ok(())
}

/// A codec on the card's own bus.
fn codec(e: &mut Emit<'_>, sound: &Sound, codec: Codec, index: usize) -> Done {
    let alias = sound.info.alias.as_deref().unwrap_or_default();
    let driver = match codec {
        Codec::Duplex => "hda-duplex",
        Codec::Micro => "hda-micro",
        Codec::Output => "hda-output",
    };
    let cad = u32::try_from(index).unwrap_or(u32::MAX);
    let mut props = Props::new("driver", driver)
        .with("id", format!("{alias}-codec{cad}"))
        .with("bus", format!("{alias}.0"))
        .with("cad", cad);
    props.set_opt("audiodev", audio::id(e, sound.audio, sound.info.pos)?);
    e.device(&props);
    Ok(())
}
