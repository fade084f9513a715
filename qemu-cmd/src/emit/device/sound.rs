//! `<sound>`.

use virtargv_caps::Convention;
use virtargv_model::YesNo;
use virtargv_model::device::sound::{Codec, Sound};

use super::address;
use super::virtio::{self, Variant};
use crate::Props;
use crate::emit::context::Emit;
use crate::prepare::device::Device;
use crate::prepare::device::sound::{Card, Facts};
use crate::text::text;

/// A sound card that is emitted.
type SoundDevice<'p> = Device<'p, Sound, Facts>;

/// Emits every `<sound>`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for sound in e.prepared.sounds() {
        e.at(sound);
        let props = match sound.facts.card {
            Card::Named(driver) => Props::new("driver", driver),
            Card::Virtio => virtio::device(e, "virtio-sound", Variant::Plain, sound.address, sound.virtio),
            Card::PcSpeaker => {
                if !e.release().has(Convention::PcSpeakerAudiodev) {
                    e.option("-soundhw", "pcspk");
                }
                continue;
            }
        };
        card(e, sound, props);
        if sound.model.has_codecs() {
            let codecs = if sound.codecs.is_empty() { &[Codec::Duplex] } else { sound.codecs.as_slice() };
            for (number, codec) in (0..).zip(codecs) {
                self::codec(e, sound, *codec, number);
            }
        }
    }
}

/// Adds `pcspk-audiodev=` of the machine, where the guest has a PC speaker.
pub(crate) fn pc_speaker(e: &Emit<'_>, machine: &mut Props) {
    let speaker = e.prepared.sounds().find(|sound| sound.facts.card == Card::PcSpeaker);
    machine.set_opt("pcspk-audiodev", speaker.and_then(|sound| sound.facts.audiodev.clone()));
}

fn card(e: &mut Emit<'_>, sound: SoundDevice<'_>, mut props: Props) {
    props.set("id", sound.alias);
    if !sound.model.has_codecs() {
        props.set_opt("audiodev", sound.facts.audiodev.clone());
    }
    props.set_opt("multi", sound.multichannel.map(YesNo::is_yes));
    props.set_opt("streams", sound.streams);
    address::add(&mut props, e, sound.address);
    e.device(props);
}

/// Emits a codec on the bus of a sound card.
fn codec(e: &mut Emit<'_>, sound: SoundDevice<'_>, codec: Codec, number: u32) {
    let driver = match codec {
        Codec::Duplex => "hda-duplex",
        Codec::Micro => "hda-micro",
        Codec::Output => "hda-output",
    };
    let props = Props::new("driver", driver)
        .with("id", text!(sound.alias, "-codec", number))
        .with("bus", text!(sound.alias, ".0"))
        .with("cad", number);
    e.device(props.opt("audiodev", sound.facts.audiodev.clone()));
}
