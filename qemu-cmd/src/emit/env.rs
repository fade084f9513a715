//! The environment and the path of the QEMU binary.

use virtargv_caps::Accel;

use super::context::Emit;
use crate::needs::{Need, Role};
use crate::prepare::env::ALWAYS;

/// Sets the path of the QEMU binary and the environment that every guest has.
///
/// The system driver has no home directory, so the XDG directories are in the domain's directory. For a session driver
/// only the cache is.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let dir = e.directory();
    e.need(Need::Directory { path: dir.to_owned() });
    if e.guest().accel == Accel::Kvm {
        e.need_path("/dev/kvm", Role::Device);
    }
    e.program(&e.prepared.program);
    e.env("LC_ALL", "C");
    for name in ALWAYS {
        e.pass_env(name);
    }
    if e.settings().privileged {
        e.env("HOME", dir);
        e.env("XDG_DATA_HOME", [dir, "/.local/share"].concat());
        e.env("XDG_CACHE_HOME", [dir, "/.cache"].concat());
        e.env("XDG_CONFIG_HOME", [dir, "/.config"].concat());
    } else {
        e.env("XDG_CACHE_HOME", [dir, "/.cache"].concat());
    }
}
