//! `<sound>`: a sound device of the guest.

use std::num::NonZeroU32;

use super::virtio::VirtioOptions;
use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::Writer;
use crate::{Class, YesNo};

spelled! {
    /// `model=`: the sound device.
    pub enum SoundModel {
        /// Sound Blaster 16, on ISA.
        Sb16 = "sb16",
        /// Ensoniq AudioPCI.
        Es1370 = "es1370",
        /// The PC speaker, part of the machine.
        Pcspk = "pcspk",
        /// Intel AC97.
        Ac97 = "ac97",
        /// Intel HD Audio of the ICH6.
        Ich6 = "ich6",
        /// Intel HD Audio of the ICH9.
        Ich9 = "ich9",
        /// USB audio.
        Usb = "usb",
        /// Intel HD Audio of the ICH7.
        Ich7 = "ich7" of "bhyve",
        /// virtio.
        Virtio = "virtio" since "10.4",
    }
}

impl SoundModel {
    /// Whether the device has codecs (`<codec>`, HD Audio).
    pub fn has_codecs(self) -> bool {
        matches!(self, Self::Ich6 | Self::Ich9)
    }
}

spelled! {
    /// `<codec type=>`: the codec of an HD Audio device.
    pub enum Codec {
        /// Line in and out.
        Duplex = "duplex",
        /// Microphone and speaker.
        Micro = "micro",
        /// Line out.
        Output = "output",
    }
}

/// `<sound>`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `model=`.
    pub model: SoundModel,
    /// `<codec type=>`, of HD Audio devices.
    pub codecs: Vec<Codec>,
    /// `multichannel=`: whether there are more channels than two (USB).
    pub multichannel: Option<YesNo>,
    /// `streams=`: the number of PCM streams, from 1 (virtio).
    pub streams: Option<u32>,
    /// `<audio id=>`: the audio backend; without it, the first.
    pub audio: Option<u32>,
    /// The options of `<driver>` that all virtio devices have (virtio).
    pub virtio: VirtioOptions,
}

impl Element for Sound {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let classes = UNSUPPORTED_BEFORE_9_0;
        let model: SoundModel = r.required_as(classes, classes, el, "model")?;
        Some(Self {
            model,
            codecs: if model.has_codecs() { read_codecs(el, r) } else { Vec::new() },
            multichannel: (model == SoundModel::Usb)
                .then(|| r.attr_since("9.4", el, "multichannel"))
                .flatten(),
            streams: (model == SoundModel::Virtio)
                .then(|| r.attr::<NonZeroU32>(el, "streams"))
                .flatten()
                .map(NonZeroU32::get),
            audio: read_audio_id(el, r),
            info: DeviceInfo::read(el, r),
            virtio: (model == SoundModel::Virtio)
                .then(|| r.child_since("10.4", el, "driver"))
                .flatten()
                .map(|d| VirtioOptions::read(d, r))
                .unwrap_or_default(),
        })
    }

    fn write(&self, w: &mut Writer) {
        let tag = w.element("sound").attr("model", self.model);
        tag.opt("multichannel", self.multichannel).opt("streams", self.streams).children(|w| {
            for codec in &self.codecs {
                w.element("codec").attr("type", codec).empty();
            }
            write_audio_id(self.audio, w);
            self.info.write(w);
            if !self.virtio.is_empty() {
                self.virtio.write(w.element("driver")).empty();
            }
        });
    }
}

fn read_codecs(el: El<'_>, r: &mut Reader) -> Vec<Codec> {
    let class = Class::Unsupported;
    el.children("codec").filter_map(|codec| r.required_as(class, class, codec, "type")).collect()
}

/// Reads `<audio id=>` of a device or display with sound.
pub(crate) fn read_audio_id(el: El<'_>, r: &mut Reader) -> Option<u32> {
    let audio = el.child("audio")?;
    r.required::<NonZeroU32>(audio, "id").map(NonZeroU32::get)
}

/// Writes what [`read_audio_id`] reads.
pub(crate) fn write_audio_id(id: Option<u32>, w: &mut Writer) {
    if let Some(id) = id {
        w.element("audio").attr("id", id).empty();
    }
}
