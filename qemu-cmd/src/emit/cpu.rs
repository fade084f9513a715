//! `-cpu`.

use super::context::Emit;
use crate::Props;

/// Emits `-cpu`. QEMU has no escape for `,` and `=` in it, so the rule `cpu-name-characters` refuses them.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let Some(cpu) = &e.prepared.facts.cpu else { return };
    let mut props = Props::new("model", cpu.model.clone());
    props.extend(cpu.properties.clone());
    match &e.domain().cpu {
        // The default CPU of the machine type, which completing adds, has no offset.
        Some(cpu) if cpu.pos.offset().is_none() && e.domain().pos.offset().is_some() => {
            e.at_implied("the default CPU model of the machine type");
        }
        Some(_) => e.at_element("cpu"),
        None => e.at_implied("<features>, <clock> and the machine type have CPU properties"),
    }
    e.list("-cpu", props);
}
