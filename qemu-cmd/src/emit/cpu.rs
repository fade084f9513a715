//! `-cpu`.

use super::context::Emit;
use crate::Props;

/// Emits `-cpu`. QEMU has no escape for `,` and `=` in it, so the rule `cpu-name-characters` refuses them.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let Some(cpu) = &e.prepared.facts.cpu else { return };
    let mut props = Props::new("model", cpu.model.clone());
    props.extend(cpu.properties.clone());
    match &e.domain().cpu {
        Some(_) => e.at_element("cpu"),
        None => e.at_implied("<features>, <clock> and the machine change the CPU"),
    }
    e.list("-cpu", props);
}
