//! `<qemu:commandline>` and `<qemu:deprecation>`.

use virtargv_caps::Cap;

use super::context::Emit;
use crate::{Form, Props};

/// Emits the arguments and environment variables of `<qemu:commandline>`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let qemu = &e.domain().qemu;
    for (index, arg) in qemu.args.iter().enumerate() {
        e.at_numbered("qemu:commandline/qemu:arg", index, arg.pos);
        e.word(&arg.value);
    }
    // A variable without a value is set to the empty text.
    e.all_env(qemu.env.iter().map(|(name, value)| (&**name, value.as_deref().unwrap_or_default())));
}

/// Emits `-compat`, QEMU's behaviour on deprecated commands.
pub(crate) fn deprecation(e: &mut Emit<'_>) {
    let input = match e.domain().qemu.deprecation.as_deref() {
        _ if !e.has(Cap::CompatDeprecated) => return,
        Some("omit") => None,
        Some("reject") => Some("reject"),
        Some("crash") => Some("crash"),
        _ => return,
    };
    e.at_element("deprecation");
    let props = Props::object().with("deprecated-output", "hide").opt("deprecated-input", input);
    e.props("-compat", props, Form::Json);
}
