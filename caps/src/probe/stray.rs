//! Ending the processes that a probed binary leaves behind, in whatever session or process group they are.
//!
//! They are found by a variable of the environment, which each of them inherits from the binary.

#![allow(clippy::disallowed_methods, reason = "processes are looked for here")]

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};

/// The variable that marks the processes of a probe.
pub(super) const VARIABLE: &str = "VIRTARGV_PROBE";

/// The mark of the processes of one probe: a value that no other process has.
#[derive(Debug)]
pub(super) struct Mark(String);

impl Mark {
    pub(super) fn new() -> Self {
        // The keys of the standard library's hasher are random.
        Self(format!("{}-{:016x}", std::process::id(), RandomState::new().build_hasher().finish()))
    }

    pub(super) fn value(&self) -> &str {
        &self.0
    }

    /// Kills all processes with the mark. Some may start others meanwhile, so they are looked for several times.
    #[cfg(target_os = "linux")]
    pub(super) fn kill_all(&self) {
        const ROUNDS: u32 = 20;
        let entry = format!("{VARIABLE}={}", self.0);
        for _ in 0..ROUNDS {
            let found =
                linux::processes().filter(|pid| linux::kill_if_marked(*pid, entry.as_bytes())).count();
            if found == 0 {
                return;
            }
        }
    }

    /// Only Linux tells the environment of other processes.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn kill_all(&self) {}
}

#[cfg(target_os = "linux")]
mod linux {
    use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

    /// The numbers of all processes.
    pub(super) fn processes() -> impl Iterator<Item = i32> {
        let entries = std::fs::read_dir("/proc").into_iter().flatten();
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
    }

    /// Kills a process if it is marked, and returns whether it was.
    pub(super) fn kill_if_marked(pid: i32, entry: &[u8]) -> bool {
        let is_marked = || {
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == entry)
        };
        if !is_marked() {
            return false;
        }
        let Some(process) = Pid::from_raw(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok())
        else {
            return false;
        };
        // The number could be another process's by now; the descriptor cannot.
        is_marked() && pidfd_send_signal(process, Signal::KILL).is_ok()
    }
}
