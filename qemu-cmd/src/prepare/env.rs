//! Environment variables of the driver that are passed on to QEMU.

use virtargv_host::Host;

/// Variables that every QEMU gets.
pub(crate) const ALWAYS: &[&str] =
    &["LD_PRELOAD", "LD_LIBRARY_PATH", "PATH", "HOME", "USER", "LOGNAME", "TMPDIR"];

/// Variables of audio libraries.
const AUDIO: &[&str] = &[
    "QEMU_AUDIO_DRV",
    "SDL_AUDIODRIVER",
    "PIPEWIRE_CORE",
    "PIPEWIRE_REMOTE",
    "PIPEWIRE_RUNTIME_DIR",
    "XDG_RUNTIME_DIR",
    "USERPROFILE",
];

/// The variables that are set in the driver's environment.
#[derive(Debug, Default)]
pub(crate) struct Environment(Vec<(&'static str, String)>);

impl Environment {
    /// Asks the host for the variables; with `sound` those of audio libraries too.
    pub fn of(host: &dyn Host, sound: bool) -> Self {
        let audio = AUDIO.iter().filter(|_| sound);
        let set =
            ALWAYS.iter().chain(audio).filter_map(|name| Some((*name, host.machine().env(name).ok()??)));
        Self(set.collect())
    }

    /// The value of a variable; `None` if it is not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}
