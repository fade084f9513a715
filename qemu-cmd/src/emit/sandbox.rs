//! `-sandbox`, `-msg`.

use virtargv_caps::{Cap, Convention};

use super::context::Emit;
use crate::Props;

/// The groups of system calls that the seccomp filter denies.
const DENIED: [&str; 4] = ["obsolete", "elevateprivileges", "spawn", "resourcecontrol"];

/// Emits `-sandbox`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let sandbox = e.has(Cap::SeccompSandbox);
    let groups = e.has(Cap::SeccompBlacklist) && (sandbox || !e.release().has(Convention::SandboxByGroups));
    e.at_setting("seccomp_sandbox");
    match e.settings().seccomp_sandbox {
        0 if sandbox => e.option("-sandbox", "off"),
        0 => {}
        // A QEMU without groups has an allow list, which can be too short for a guest, so libvirt enables its filter
        // only on request.
        _ if groups => {
            let deny = |props: Props, group| props.with(group, "deny");
            e.list("-sandbox", DENIED.into_iter().fold(Props::new("enable", "on"), deny));
        }
        1.. if sandbox => e.option("-sandbox", "on"),
        _ => {}
    }
}

/// Emits `-msg`, which adds time stamps to QEMU's messages.
pub(crate) fn messages(e: &mut Emit<'_>) {
    if e.settings().log_timestamp && e.has(Cap::MsgTimestamp) {
        e.at_setting("log_timestamp");
        e.pairs("-msg", Props::object().with("timestamp", true));
    }
}
