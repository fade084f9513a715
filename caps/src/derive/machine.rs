//! Machine types (`query-machines`).

use serde_json::Value;

use virtargv_model::ByRelease;

use super::{DeriveError, Session};
use crate::{Arch, Machine, Release, Tristate};

/// The same machine type in every release.
const fn always(name: &'static str) -> ByRelease<&'static str> {
    ByRelease::always(name)
}

/// The machine type of a document that names none: the default that libvirt has for the architecture, so that the guest
/// does not depend on the default of the QEMU binary.
const PREFERRED: &[(Arch, ByRelease<&str>)] = &[
    (Arch::Alpha, always("clipper")),
    (Arch::Armv7l, always("virt").before("11.3", "integratorcp")),
    (Arch::Armv7b, always("virt").before("11.3", "integratorcp")),
    (Arch::Aarch64, always("virt").before("11.3", "integratorcp")),
    (Arch::Cris, always("axis-dev88")),
    (Arch::I686, always("pc")),
    (Arch::Lm32, always("lm32-evr")),
    (Arch::Loongarch64, always("virt")),
    (Arch::M68k, always("mcf5208evb")),
    (Arch::Microblaze, always("petalogix-s3adsp1800")),
    (Arch::Microblazeel, always("petalogix-s3adsp1800")),
    (Arch::Mips, always("malta")),
    (Arch::Mipsel, always("malta")),
    (Arch::Mips64, always("malta")),
    (Arch::Mips64el, always("malta")),
    (Arch::Or32, always("or1k-sim")),
    (Arch::Ppc, always("g3beige")),
    (Arch::Ppc64, always("pseries")),
    (Arch::Ppc64le, always("pseries")),
    (Arch::Riscv32, always("virt").before("11.3", "spike_v1.10")),
    (Arch::Riscv64, always("virt").before("11.3", "spike_v1.10")),
    (Arch::S390x, always("s390-ccw-virtio")),
    (Arch::Sh4, always("shix")),
    (Arch::Sh4eb, always("shix")),
    (Arch::Sparc, always("SS-5")),
    (Arch::Sparc64, always("sun4u")),
    (Arch::Unicore32, always("puv3")),
    (Arch::X86_64, always("pc")),
    (Arch::Xtensa, always("sim")),
    (Arch::Xtensaeb, always("sim")),
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
    let preferred = PREFERRED.iter().find(|row| row.0 == arch).map(|row| row.1.of(release));
    let preferred = preferred.and_then(|wanted| {
        machines.iter().position(|m| m.alias.as_deref() == Some(wanted) || &*m.name == wanted)
    });
    preferred.or_else(|| machines.iter().position(|m| m.is_default))
}
