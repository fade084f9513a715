//! `-name`, `-compat`, `-S`.

use virtargv_caps::Cap;

use crate::emit::{Done, Emit};
use crate::{Props, Style};

/// Emits `-name`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let name = e.domain().name.clone().unwrap_or_default();
    // A name given as `guest=` may hold an equals sign.
    let mut props =
        if e.has(Cap::NameGuest) { Props::object().with("guest", &name) } else { Props::new("guest", &name) };
    if e.host.config().set_process_name && e.has(Cap::NameProcess) {
        props.set("process", format!("qemu:{name}"));
    }
    if e.has(Cap::NameDebugThreads) {
        props.set("debug-threads", true);
    }
    let text = if e.has(Cap::NameGuest) { props.to_pairs(Style::OnOff) } else { props.to_kv(Style::OnOff) };
    e.line.option("-name", text);
    Ok(())
}

/// Emits `-S`: the guest's CPUs wait until the driver has set up the rest over the monitor.
pub(crate) fn stopped(e: &mut Emit<'_>) -> Done {
    e.line.arg("-S");
    Ok(())
}
