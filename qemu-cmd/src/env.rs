//! Environment and program.

use virtargv_caps::Accel;

use crate::emit::{Done, Emit};
use crate::needs::{Need, Role};

/// What is passed on from the driver's own environment, where it is set there.
const PASSED: &[&str] = &["LD_PRELOAD", "LD_LIBRARY_PATH", "PATH", "HOME", "USER", "LOGNAME", "TMPDIR"];

/// Sets the program and the environment that every QEMU gets.
///
/// A driver that runs for the whole system has no home folder, so QEMU and its libraries are pointed to the domain's
/// own folder; one that runs for a user leaves everything but the cache where the user has it.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let dir = &e.plan.domain_dir;
    e.need(Need::Folder { path: dir.clone() });
    if e.guest().accel == Accel::Kvm {
        e.need_path("/dev/kvm", Role::Device);
    }
    e.line.program = e.domain().devices.emulator.clone().unwrap_or_default();
    e.line.env("LC_ALL", "C");
    for name in PASSED {
        if let Ok(value) = e.host.machine().env(name) {
            e.line.env(*name, value);
        }
    }
    if e.host.config().privileged {
        e.line.env("HOME", dir);
        e.line.env("XDG_DATA_HOME", format!("{dir}/.local/share"));
        e.line.env("XDG_CACHE_HOME", format!("{dir}/.cache"));
        e.line.env("XDG_CONFIG_HOME", format!("{dir}/.config"));
    } else {
        e.line.env("XDG_CACHE_HOME", format!("{dir}/.cache"));
    }
    Ok(())
}
