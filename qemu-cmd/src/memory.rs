//! `-m`, `-overcommit`, memory backends.

use virtargv_caps::{Cap, Caps};
use virtargv_model::Domain;
use virtargv_resolve::Guest;

use crate::Props;
use crate::emit::{Done, Emit};

/// The id of the object that is the machine's main memory (`-machine memory-backend=`), where the machine has one and
/// no NUMA cells take its place.
pub(crate) fn default_ram_id<'c>(domain: &Domain, guest: &Guest, caps: &'c Caps) -> Option<&'c str> {
    let _ = domain;
    machine_ram_id(guest, caps)
}

/// The id that the machine type gives its main memory, where this QEMU tells.
pub(crate) fn machine_ram_id<'c>(guest: &Guest, caps: &'c Caps) -> Option<&'c str> {
    let machines = caps.machines(guest.accel);
    machines.iter().find(|m| *m.name == *guest.machine)?.default_ram_id.as_deref()
}

/// Emits `-m`, the main memory's object and whether memory is locked.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let initial = e.domain().memory.size.unwrap_or_default();
    let size = if e.release().has(virtargv_caps::Convention::MemorySizeKib) {
        format!("size={}k", initial.0)
    } else {
        initial.mib().to_string()
    };
    e.line.option("-m", size);
    if let Some(id) = default_ram_id(e.domain(), e.guest(), e.caps) {
        let ram = Props::new("qom-type", "memory-backend-ram").with("id", id).with("size", initial.bytes());
        e.object(&ram);
    }
    lock(e);
    Ok(())
}

/// Whether guest memory is kept from being swapped out.
fn lock(e: &mut Emit<'_>) {
    let locked = e.domain().memory.backing.locked;
    let state = if locked { "on" } else { "off" };
    if e.has(Cap::Overcommit) {
        e.line.option("-overcommit", format!("mem-lock={state}"));
    } else if e.has(Cap::RealtimeMlock) {
        e.line.option("-realtime", format!("mlock={state}"));
    }
}
