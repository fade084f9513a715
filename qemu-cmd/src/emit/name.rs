//! `-name`, `-S`.

use virtargv_caps::Cap;

use super::context::Emit;
use crate::text::text;
use crate::{Form, Props, Style};

/// Emits `-name`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let name = e.prepared.name();
    let mut props = Props::new("guest", name.to_owned());
    if e.settings().set_process_name && e.has(Cap::NameProcess) {
        props.set("process", text!("qemu:", name));
    }
    if e.has(Cap::NameDebugThreads) {
        props.set("debug-threads", true);
    }
    // With `guest=` a name can contain `=`.
    let form = if e.has(Cap::NameGuest) { Form::Pairs(Style::OnOff) } else { Form::Implied(Style::OnOff) };
    e.at_element("name");
    e.props("-name", props, form);
}

/// Emits `-S`: the vCPUs do not run until the driver has finished setting up the guest over the monitor.
pub(crate) fn stopped(e: &mut Emit<'_>) {
    e.at_implied("the driver sets up the guest before its vCPUs run");
    e.flag("-S");
}
