//! `-sandbox`, `-msg`.

use virtargv_caps::Cap;

use crate::emit::{Done, Emit};

/// What the filter takes from QEMU, where it can be told by groups.
const DENIED: &str = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

/// Emits `-sandbox`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    match e.host.config().seccomp_sandbox {
        0 if e.has(Cap::SeccompSandbox) => e.line.option("-sandbox", "off"),
        // With an explicit "on" an old QEMU gets its own default filter; undecided means only what is known to work.
        _ if e.has(Cap::SeccompBlacklist) && e.has(Cap::SeccompSandbox) => e.line.option("-sandbox", DENIED),
        1.. if e.has(Cap::SeccompSandbox) => e.line.option("-sandbox", "on"),
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
