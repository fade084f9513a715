//! Variables of the driver's own environment that QEMU may be passed.

use std::collections::BTreeMap;

use virtargv_host::Host;

/// What every QEMU is passed.
pub(crate) const ALWAYS: &[&str] =
    &["LD_PRELOAD", "LD_LIBRARY_PATH", "PATH", "HOME", "USER", "LOGNAME", "TMPDIR"];

/// What a QEMU that makes sound on the host may be passed besides.
const AUDIO: &[&str] = &[
    "QEMU_AUDIO_DRV",
    "SDL_AUDIODRIVER",
    "PIPEWIRE_CORE",
    "PIPEWIRE_REMOTE",
    "PIPEWIRE_RUNTIME_DIR",
    "XDG_RUNTIME_DIR",
    "USERPROFILE",
];

/// The variables that are set.
#[derive(Debug, Default)]
pub(crate) struct Environment(BTreeMap<&'static str, String>);

impl Environment {
    /// Those of the host; `sound` asks for those that have to do with sound.
    pub fn of(host: &dyn Host, sound: bool) -> Self {
        let audio = AUDIO.iter().filter(|_| sound);
        let set = ALWAYS.iter().chain(audio).filter_map(|name| Some((*name, host.machine().env(name).ok()?)));
        Self(set.collect())
    }

    /// The value of a variable, where it is set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}
