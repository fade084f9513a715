//! Machine types (`query-machines`).

use serde_json::Value;

use super::{DeriveError, Session};
use crate::{Arch, Machine, Release, Tristate};

/// The default machine type of each architecture, in 7.0 and in 11.3. libvirt fixed it when it first supported the
/// architecture, so that a document without a machine type gives the same guest with every QEMU.
const PREFERRED: &[(Arch, &str, &str)] = &[
    (Arch::Alpha, "clipper", "clipper"),
    (Arch::Armv7l, "integratorcp", "virt"),
    (Arch::Armv7b, "integratorcp", "virt"),
    (Arch::Aarch64, "integratorcp", "virt"),
    (Arch::Cris, "axis-dev88", "axis-dev88"),
    (Arch::I686, "pc", "pc"),
    (Arch::Lm32, "lm32-evr", "lm32-evr"),
    (Arch::Loongarch64, "virt", "virt"),
    (Arch::M68k, "mcf5208evb", "mcf5208evb"),
    (Arch::Microblaze, "petalogix-s3adsp1800", "petalogix-s3adsp1800"),
    (Arch::Microblazeel, "petalogix-s3adsp1800", "petalogix-s3adsp1800"),
    (Arch::Mips, "malta", "malta"),
    (Arch::Mipsel, "malta", "malta"),
    (Arch::Mips64, "malta", "malta"),
    (Arch::Mips64el, "malta", "malta"),
    (Arch::Or32, "or1k-sim", "or1k-sim"),
    (Arch::Ppc, "g3beige", "g3beige"),
    (Arch::Ppc64, "pseries", "pseries"),
    (Arch::Ppc64le, "pseries", "pseries"),
    (Arch::Riscv32, "spike_v1.10", "virt"),
    (Arch::Riscv64, "spike_v1.10", "virt"),
    (Arch::S390x, "s390-ccw-virtio", "s390-ccw-virtio"),
    (Arch::Sh4, "shix", "shix"),
    (Arch::Sh4eb, "shix", "shix"),
    (Arch::Sparc, "SS-5", "SS-5"),
    (Arch::Sparc64, "sun4u", "sun4u"),
    (Arch::Unicore32, "puv3", "puv3"),
    (Arch::X86_64, "pc", "pc"),
    (Arch::Xtensa, "sim", "sim"),
    (Arch::Xtensaeb, "sim", "sim"),
];

/// The machine types of a session, the default one first.
pub(super) fn machines(session: &Session, arch: Arch, release: Release) -> Result<Vec<Machine>, DeriveError> {
    let reply = session.reply("query-machines").ok_or(DeriveError::Missing("query-machines"))?;
    let list = reply.as_array().ok_or(DeriveError::Form("query-machines"))?;
    let mut machines: Vec<Machine> = list.iter().filter_map(machine).filter(|m| &*m.name != "none").collect();
    if let Some(at) = default_of(&machines, arch, release) {
        let preferred = machines.remove(at);
        machines.insert(0, preferred);
    }
    Ok(machines)
}

fn machine(value: &Value) -> Option<Machine> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(Box::from);
    let yes = |key: &str| value.get(key).and_then(Value::as_bool);
    Some(Machine {
        name: text("name")?,
        alias: text("alias"),
        max_cpus: value
            .get("cpu-max")
            .and_then(Value::as_u64)
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(0),
        hotplug_cpus: yes("hotpluggable-cpus").unwrap_or(false),
        default_cpu: text("default-cpu-type"),
        numa_mem_supported: yes("numa-mem-supported").unwrap_or(true),
        default_ram_id: text("default-ram-id"),
        deprecated: yes("deprecated").unwrap_or(false),
        acpi: match yes("acpi") {
            None => Tristate::Absent,
            Some(true) => Tristate::Yes,
            Some(false) => Tristate::No,
        },
        is_default: yes("is-default").unwrap_or(false),
    })
}

/// The index of the default machine type: that of the architecture, else the default of QEMU.
fn default_of(machines: &[Machine], arch: Arch, release: Release) -> Option<usize> {
    let preferred = PREFERRED.iter().find(|row| row.0 == arch).map(|row| match release {
        Release::V7_0 => row.1,
        Release::V11_3 => row.2,
    });
    let preferred = preferred.and_then(|wanted| {
        machines.iter().position(|m| m.alias.as_deref() == Some(wanted) || &*m.name == wanted)
    });
    preferred.or_else(|| machines.iter().position(|m| m.is_default))
}
