//! `<memory>`, `<currentMemory>`, `<maxMemory>` and `<memoryBacking>`.

use virtargv_model::{Domain, Kib};

use super::compared::{At, Out, Row, Value, row};

virtargv_model::rules! {
    /// The guest keeps the memory that it starts with.
    SIZE = "abi-memory": Unsupported, Validate,
        "`<memory>`: `-m`, without the memory devices",
        help "set `<memory>` as in the source";
    /// The guest keeps its current memory.
    CURRENT = "abi-current-memory": Unsupported, Validate,
        "`<currentMemory>`: the size that the balloon is set to",
        help "set `<currentMemory>` as in the source; `virsh setmem` changes it";
    /// The guest keeps the maximum of its memory.
    MAX = "abi-max-memory": Unsupported, Validate,
        "`<maxMemory>`: `maxmem=` of `-m` decides where the guest's address space ends",
        help "set `<maxMemory>` as in the source";
    /// The guest keeps the number of its memory slots.
    SLOTS = "abi-memory-slots": Unsupported, Validate,
        "`<maxMemory slots=>`: `slots=` of `-m`, of which ACPI tells the guest",
        help "set `slots=` as in the source";
    /// The memory of the guest keeps its backing.
    SOURCE = "abi-memory-source": Unsupported, Validate,
        "`<memoryBacking><source type=>`: the id of the memory in QEMU's migration stream depends on it",
        help "set `<source type=>` of `<memoryBacking>` as in the source";
}

const ROWS: &[Row<Domain>] = &[
    row(&SIZE, "memory", |domain| kib(initial(domain))),
    row(&CURRENT, "currentMemory", |domain| kib(domain.memory.current)),
    row(&MAX, "maxMemory", |domain| kib(domain.memory.max.as_ref().map(|max| max.size))),
    row(&SLOTS, "maxMemory/@slots", |domain| Value::or_zero(domain.memory.max.as_ref().map(|max| max.slots))),
];

const BACKING: &[Row<Domain>] =
    &[row(&SOURCE, "source/@type", |domain| Value::word(domain.memory.backing.source))];

/// Compares the sizes of the memory.
pub(super) fn compare(source: &Domain, target: &Domain, out: &mut Out) {
    let at = At::of("domain", source.pos, target.pos);
    out.rows(&at, ROWS, source, target);
}

/// Compares what backs the memory, which libvirt's QEMU driver does after everything else.
pub(super) fn compare_backing(source: &Domain, target: &Domain, out: &mut Out) {
    let at = At::of("memoryBacking", source.memory.backing.pos, target.memory.backing.pos);
    out.rows(&at, BACKING, source, target);
}

/// A size in KiB; an absent one is 0.
pub(super) fn kib(size: Option<Kib>) -> Value {
    Value::Kib(size.map_or(0, |size| size.0))
}

/// The memory without memory devices.
fn initial(domain: &Domain) -> Option<Kib> {
    let plugged = domain.devices.memories.iter().map(|device| device.target.size.0);
    Some(Kib(plugged.fold(domain.memory.size?.0, u64::saturating_sub)))
}
