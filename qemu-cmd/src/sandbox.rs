//! `-sandbox`, `-msg`.

use virtargv_caps::{Cap, Convention};

use crate::emit::{Done, Emit};

/// What the filter takes from QEMU, where it can be told by groups.
const DENIED: &str = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

/// Emits `-sandbox`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let sandbox = e.has(Cap::SeccompSandbox);
    let groups = e.has(Cap::SeccompBlacklist) && (sandbox || !e.release().has(Convention::SandboxByGroups));
    match e.host.config().seccomp_sandbox {
        0 if sandbox => e.line.option("-sandbox", "off"),
        0 => {}
        // Told nothing of groups, QEMU takes what it knows to be safe, and that may be too little for a guest: then it
        // is only for those who ask.
        _ if groups => e.line.option("-sandbox", DENIED),
        1.. if sandbox => e.line.option("-sandbox", "on"),
        _ => {}
    }
    Ok(())
}

/// Emits `-msg`.
pub(crate) fn messages(e: &mut Emit<'_>) -> Done {
    if e.host.config().log_timestamp && e.has(Cap::MsgTimestamp) {
        e.line.option("-msg", "timestamp=on");
    }
    Ok(())
}
