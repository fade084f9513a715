//! `<audio>`: an audio backend, which plays and records the guest's sound on the host.

use std::num::NonZeroU32;

use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader, UNSUPPORTED_BEFORE_9_0, attr_place};
use crate::write::{Tag, Writer};
use crate::{Class, YesNo};

crate::rules! {
    /// A `dspPolicy` is not negative.
    AUDIO_DSP_POLICY = "audio-dsp-policy": Xml, Read, "`<audio type='oss' dspPolicy=>`: the timing policy of OSS",
        help "use 0 or more, or leave `dspPolicy=` out";
    /// Fixed audio settings need QEMU's mixing engine.
    AUDIO_FIXED_SETTINGS = "audio-fixed-settings": Unsupported, Read,
        "`<input>` and `<output>`: the mixing engine converts to the fixed format (`fixed-settings=` and `mixing-engine=` of `-audiodev`)",
        help "add `mixingEngine='yes'`, or remove `fixedSettings=`";
    /// A `<settings>` of an audio backend needs `fixedSettings='yes'`.
    AUDIO_SETTINGS = "audio-settings": Unsupported, Read,
        "`<input><settings>` and `<output><settings>` hold only where settings are fixed",
        help "add `fixedSettings='yes'` and `mixingEngine='yes'`, or remove `<settings>`";
}

spelled! {
    /// `type=`.
    pub enum AudioType {
        /// Sound is discarded.
        None = "none" since "7.2",
        /// ALSA.
        Alsa = "alsa" since "7.2",
        /// Core Audio of macOS.
        Coreaudio = "coreaudio" since "7.2",
        /// JACK.
        Jack = "jack" since "7.2",
        /// OSS.
        Oss = "oss",
        /// PulseAudio.
        Pulseaudio = "pulseaudio" since "7.2",
        /// SDL.
        Sdl = "sdl" since "7.2",
        /// The SPICE client.
        Spice = "spice" since "7.2",
        /// A WAV file.
        File = "file" since "7.2",
        /// The D-Bus display.
        Dbus = "dbus" since "8.4",
        /// PipeWire.
        Pipewire = "pipewire" since "9.10",
    }
}

spelled! {
    /// `driver=` of SDL.
    pub enum SdlDriver {
        /// Enlightened Sound Daemon.
        Esd = "esd",
        /// ALSA.
        Alsa = "alsa",
        /// aRts.
        Arts = "arts",
        /// PulseAudio.
        Pulseaudio = "pulseaudio",
    }
}

spelled! {
    /// `<settings format=>`: the format of a sample.
    pub enum AudioFormat {
        /// Unsigned, 8 bits.
        U8 = "u8",
        /// Signed, 8 bits.
        S8 = "s8",
        /// Unsigned, 16 bits.
        U16 = "u16",
        /// Signed, 16 bits.
        S16 = "s16",
        /// Unsigned, 32 bits.
        U32 = "u32",
        /// Signed, 32 bits.
        S32 = "s32",
        /// Floating point.
        F32 = "f32",
    }
}

/// `<settings>`: the fixed sound format of the backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AudioSettings {
    /// `frequency=` in Hz.
    pub frequency: Option<u32>,
    /// `channels=`.
    pub channels: Option<u32>,
    /// `format=`.
    pub format: Option<AudioFormat>,
}

/// `<input>` or `<output>`. Of the fields after `settings`, each type of backend has some only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AudioIo {
    /// `mixingEngine=`: whether QEMU mixes and converts the voices.
    pub mixing_engine: Option<YesNo>,
    /// `fixedSettings=`: whether the format of `<settings>` is used, rather than the guest's.
    pub fixed_settings: Option<YesNo>,
    /// `voices=`: the number of voices, from 1.
    pub voices: Option<u32>,
    /// `bufferLength=` in microseconds, from 1.
    pub buffer_length: Option<u32>,
    /// `<settings>`.
    pub settings: Option<AudioSettings>,
    /// `dev=` (ALSA, OSS).
    pub dev: Option<String>,
    /// `bufferCount=` (Core Audio, OSS, SDL).
    pub buffer_count: Option<u32>,
    /// `tryPoll=` (OSS).
    pub try_poll: Option<YesNo>,
    /// `serverName=` (JACK).
    pub server_name: Option<String>,
    /// `clientName=` (JACK).
    pub client_name: Option<String>,
    /// `connectPorts=`: a pattern (JACK).
    pub connect_ports: Option<String>,
    /// `exactName=` (JACK).
    pub exact_name: Option<YesNo>,
    /// `name=` of sink or source (PulseAudio, PipeWire).
    pub name: Option<String>,
    /// `streamName=` (PulseAudio, PipeWire).
    pub stream_name: Option<String>,
    /// `latency=` in microseconds (PulseAudio, PipeWire).
    pub latency: Option<u32>,
}

/// `<audio>`. Of the fields after `output`, each type of backend has some only.
#[derive(Debug, Clone, PartialEq)]
pub struct Audio {
    /// The place in the text; an audio backend has no alias and no address.
    pub info: DeviceInfo,
    /// `id=`, from 1.
    pub id: u32,
    /// `type=`.
    pub backend: AudioType,
    /// `timerPeriod=` in microseconds, from 1.
    pub timer_period: Option<u32>,
    /// `<input>`: recording.
    pub input: Option<AudioIo>,
    /// `<output>`: playback.
    pub output: Option<AudioIo>,
    /// `tryMMap=` (OSS).
    pub try_mmap: Option<YesNo>,
    /// `exclusive=` (OSS).
    pub exclusive: Option<YesNo>,
    /// `dspPolicy=` (OSS).
    pub dsp_policy: Option<i32>,
    /// `serverName=` (PulseAudio).
    pub server_name: Option<String>,
    /// `driver=` (SDL).
    pub sdl_driver: Option<SdlDriver>,
    /// `path=` (file).
    pub path: Option<String>,
    /// `runtimeDir=` (PipeWire).
    pub runtime_dir: Option<String>,
}

impl Audio {
    /// A backend with an id and a type only.
    pub fn new(id: u32, backend: AudioType) -> Self {
        Self {
            info: DeviceInfo::default(),
            id,
            backend,
            timer_period: None,
            input: None,
            output: None,
            try_mmap: None,
            exclusive: None,
            dsp_policy: None,
            server_name: None,
            sdl_driver: None,
            path: None,
            runtime_dir: None,
        }
    }
}

impl Element for Audio {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let backend: AudioType = r.required_as(Class::Xml, UNSUPPORTED_BEFORE_9_0, el, "type")?;
        let id = r.required::<NonZeroU32>(el, "id")?;
        let mut audio = Self::new(id.get(), backend);
        audio.info.pos = el.pos();
        audio.timer_period = if r.knows("7.5") { positive(el, "timerPeriod", r) } else { None };
        audio.input = AudioIo::read_child(el, "input", backend, r);
        audio.output = AudioIo::read_child(el, "output", backend, r);
        match backend {
            AudioType::Oss => {
                audio.try_mmap = r.attr(el, "tryMMap");
                audio.exclusive = r.attr(el, "exclusive");
                audio.dsp_policy = r.attr(el, "dspPolicy").filter(|policy| {
                    if *policy < 0 {
                        let message = format!("`dspPolicy` of `<audio>` is `{policy}`, expected 0 or more");
                        r.refuse(&AUDIO_DSP_POLICY, attr_place(el, "dspPolicy"), message);
                    }
                    *policy >= 0
                });
            }
            AudioType::Pulseaudio => audio.server_name = el.string("serverName"),
            AudioType::Sdl => audio.sdl_driver = r.attr(el, "driver"),
            AudioType::File => audio.path = el.string("path"),
            AudioType::Pipewire => audio.runtime_dir = el.string("runtimeDir"),
            _ => {}
        }
        Some(audio)
    }

    fn write(&self, w: &mut Writer) {
        w.element("audio")
            .attr("id", self.id)
            .attr("type", self.backend)
            .opt("timerPeriod", self.timer_period)
            .opt("tryMMap", self.try_mmap)
            .opt("exclusive", self.exclusive)
            .opt("dspPolicy", self.dsp_policy)
            .opt("serverName", self.server_name.as_ref())
            .opt("driver", self.sdl_driver)
            .opt("path", self.path.as_ref())
            .opt("runtimeDir", self.runtime_dir.as_ref())
            .children(|w| {
                for (name, io) in [("input", &self.input), ("output", &self.output)] {
                    if let Some(io) = io {
                        io.write(w.element(name));
                    }
                }
            });
    }
}

impl AudioIo {
    /// Reads `<input>` or `<output>`; an empty element is read as absent.
    fn read_child(audio: El<'_>, name: &str, backend: AudioType, r: &mut Reader) -> Option<Self> {
        let io = audio.child(name).map(|el| Self::read(el, backend, r));
        io.filter(|io| *io != Self::default())
    }

    fn read(el: El<'_>, backend: AudioType, r: &mut Reader) -> Self {
        let mut io = Self {
            mixing_engine: r.attr(el, "mixingEngine"),
            fixed_settings: r.attr(el, "fixedSettings"),
            ..Self::default()
        };
        let (mixing, fixed) = (io.mixing_engine == Some(YesNo::Yes), io.fixed_settings == Some(YesNo::Yes));
        if fixed && !mixing {
            let message = format!(
                "`fixedSettings` of `<{}>` is `yes`, which needs `mixingEngine` to be `yes`",
                el.name()
            );
            r.refuse(&AUDIO_FIXED_SETTINGS, attr_place(el, "fixedSettings"), message);
        }
        io.voices = positive(el, "voices", r);
        io.buffer_length = positive(el, "bufferLength", r);
        if let Some(settings) = el.child("settings") {
            if !fixed {
                let message = "`<settings>` needs `fixedSettings` to be `yes`";
                r.refuse(&AUDIO_SETTINGS, settings.pos(), message);
            }
            io.settings = Some(AudioSettings {
                frequency: positive(settings, "frequency", r),
                channels: positive(settings, "channels", r),
                format: r.attr(settings, "format"),
            })
            .filter(|settings| *settings != AudioSettings::default());
        }
        io.read_backend(el, backend, r);
        io
    }

    /// Reads the attributes that only some types of backend have.
    fn read_backend(&mut self, el: El<'_>, backend: AudioType, r: &mut Reader) {
        match backend {
            AudioType::Alsa => self.dev = el.string("dev"),
            AudioType::Coreaudio | AudioType::Sdl => self.buffer_count = count(el, "bufferCount", r),
            AudioType::Jack => {
                self.server_name = el.string("serverName");
                self.client_name = el.string("clientName");
                self.connect_ports = el.string("connectPorts");
                self.exact_name = r.attr(el, "exactName");
            }
            AudioType::Oss => {
                self.dev = el.string("dev");
                self.try_poll = r.attr(el, "tryPoll");
                self.buffer_count = count(el, "bufferCount", r);
            }
            AudioType::Pulseaudio | AudioType::Pipewire => {
                self.name = el.string("name");
                self.stream_name = el.string("streamName");
                self.latency = match backend {
                    AudioType::Pipewire => positive(el, "latency", r),
                    _ => count(el, "latency", r),
                };
            }
            _ => {}
        }
    }

    fn write(&self, tag: Tag<'_>) {
        tag.opt("mixingEngine", self.mixing_engine)
            .opt("fixedSettings", self.fixed_settings)
            .opt("voices", self.voices)
            .opt("bufferLength", self.buffer_length)
            .opt("dev", self.dev.as_ref())
            .opt("bufferCount", self.buffer_count)
            .opt("tryPoll", self.try_poll)
            .opt("serverName", self.server_name.as_ref())
            .opt("clientName", self.client_name.as_ref())
            .opt("connectPorts", self.connect_ports.as_ref())
            .opt("exactName", self.exact_name)
            .opt("name", self.name.as_ref())
            .opt("streamName", self.stream_name.as_ref())
            .opt("latency", self.latency)
            .children(|w| {
                if let Some(settings) = self.settings {
                    w.element("settings")
                        .opt("frequency", settings.frequency)
                        .opt("channels", settings.channels)
                        .opt("format", settings.format)
                        .empty();
                }
            });
    }
}

/// An attribute with a number from 1.
fn positive(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<u32> {
    r.attr::<NonZeroU32>(el, name).map(NonZeroU32::get)
}

/// An attribute with a number; 0 is read as absent.
fn count(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<u32> {
    r.attr(el, name).filter(|n| *n > 0)
}
