//! `-cpu`.

mod features;
mod update;

pub(crate) use update::update;

use virtargv_caps::{Arch, Cap, feature_names};
use virtargv_model::cpu::{Cpu, CpuCacheMode, CpuMode, FeaturePolicy, MaxPhysAddrMode};
use virtargv_model::{Kind, OnOff, Place, Problem};

use crate::emit::{Done, Emit, problem};
use crate::props::escape_comma;

/// The value of `-cpu`: a model and what is changed about it. Old QEMUs take `+feature` and `-feature`, and switches
/// without a value, so this is no list of properties.
#[derive(Debug, Default)]
struct CpuArg {
    model: String,
    flags: String,
}

impl CpuArg {
    /// `,key=value`
    fn set(&mut self, key: &str, value: &str) {
        self.flags.push(',');
        self.flags.push_str(key);
        self.flags.push('=');
        escape_comma(&mut self.flags, value);
    }

    /// `,key`
    fn bare(&mut self, key: &str) {
        self.flags.push(',');
        self.flags.push_str(key);
    }

    /// `,key=on` or `,key=off`
    fn switch(&mut self, key: &str, on: bool) {
        self.set(key, if on { "on" } else { "off" });
    }

    /// `,+feature` or `,feature=on`, whichever this QEMU takes.
    fn feature(&mut self, e: &Emit<'_>, name: &str, on: bool) {
        let name = qemu_name(e, name);
        if e.has(Cap::QueryCpuModelExpansion) {
            self.switch(name, on);
        } else {
            self.flags.push_str(if on { ",+" } else { ",-" });
            escape_comma(&mut self.flags, name);
        }
    }
}

/// QEMU's name for a feature.
fn qemu_name<'a>(e: &Emit<'_>, name: &'a str) -> &'a str {
    if e.guest().arch.is_x86() && e.has(Cap::CanonicalCpuFeatures) {
        feature_names::to_qemu(name)
    } else {
        name
    }
}

/// Emits `-cpu`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let mut arg = CpuArg::default();
    let cpu = e.domain().cpu.as_ref();
    match cpu.filter(|cpu| cpu.names_a_cpu()) {
        Some(cpu) => model(e, cpu, &mut arg)?,
        None if needs_32_bit_cpu(e) => arg.model.push_str("qemu32"),
        None => {}
    }
    features::add(e, &mut arg);
    if let Some(cpu) = cpu {
        cache(e, cpu, &mut arg);
        max_phys_addr(cpu, &mut arg);
    }
    if arg.model.is_empty() && !arg.flags.is_empty() {
        arg.model.push_str(default_model(e)?);
    }
    if !arg.model.is_empty() {
        let mut text = String::new();
        escape_comma(&mut text, &arg.model);
        text.push_str(&arg.flags);
        e.line.option("-cpu", text);
    }
    Ok(())
}

/// A 64 bit QEMU would run a 32 bit guest on a 64 bit CPU.
fn needs_32_bit_cpu(e: &Emit<'_>) -> bool {
    let emulator = e.domain().devices.emulator.as_deref().unwrap_or("");
    let kvm = e.host.arch() == Arch::X86_64 && emulator.contains("kvm");
    e.guest().arch == Arch::I686 && (kvm || emulator.contains("x86_64"))
}

/// The CPU that flags are put on where the document names none.
fn default_model(e: &Emit<'_>) -> Result<&'static str, Problem> {
    match e.guest().arch {
        Arch::I686 => Ok("qemu32"),
        Arch::X86_64 => Ok("qemu64"),
        arch => {
            let message = format!(
                "the document changes the CPU, but none is known that architecture '{arch}' has by itself"
            );
            Err(problem(Kind::Unsupported, "cpu-no-default", Place::default(), message))
        }
    }
}

fn model(e: &Emit<'_>, cpu: &Cpu, arg: &mut CpuArg) -> Done {
    let arch = e.guest().arch;
    match cpu.mode() {
        CpuMode::HostPassthrough | CpuMode::Maximum => {
            arg.model.push_str(if cpu.mode() == CpuMode::Maximum { "max" } else { "host" });
            if arch == Arch::Armv7l && e.host.arch() == Arch::Aarch64 {
                arg.switch("aarch64", false);
            }
            if let Some(migratable) = cpu.migratable.filter(|_| e.has(Cap::CpuMigratable)) {
                arg.switch("migratable", migratable == OnOff::On);
            }
        }
        CpuMode::HostModel if arch.is_ppc64() => {
            arg.model.push_str("host");
            let by_machine = e.guest().is_pseries() && e.has(Cap::MachinePseriesMaxCpuCompat);
            if let Some(name) = cpu.model.name.as_deref().filter(|_| !by_machine) {
                arg.set("compat", name);
            }
        }
        CpuMode::HostModel => {
            let message = format!("a CPU of mode 'host-model' was left for architecture '{arch}'");
            return Err(problem(Kind::Internal, "cpu-host-model-arch", cpu.pos, message));
        }
        CpuMode::Custom => arg.model.push_str(cpu.model.name.as_deref().unwrap_or_default()),
    }
    if (arch.is_s390() || arch.is_arm()) && !cpu.features.is_empty() && !e.has(Cap::QueryCpuModelExpansion) {
        let message = format!("this QEMU does not change features of CPUs of architecture {arch}");
        return Err(problem(Kind::Internal, "cpu-features-arch", cpu.pos, message));
    }
    if let Some(vendor_id) = &cpu.model.vendor_id {
        arg.set("vendor", vendor_id);
    }
    for feature in &cpu.features {
        match feature.policy {
            FeaturePolicy::Force | FeaturePolicy::Require => arg.feature(e, &feature.name, true),
            FeaturePolicy::Disable | FeaturePolicy::Forbid => arg.feature(e, &feature.name, false),
            FeaturePolicy::Optional => {}
        }
    }
    Ok(())
}

fn cache(e: &Emit<'_>, cpu: &Cpu, arg: &mut CpuArg) {
    let Some(cache) = &cpu.cache else { return };
    let (host_off, l3_off) = match cache.mode {
        CpuCacheMode::Emulate => {
            arg.switch("l3-cache", true);
            (true, false)
        }
        CpuCacheMode::Passthrough => {
            arg.switch("host-cache-info", true);
            (false, true)
        }
        CpuCacheMode::Disable => (true, true),
    };
    if !e.has(Cap::CpuCache) {
        return;
    }
    if host_off && cpu.is_native() {
        arg.switch("host-cache-info", false);
    }
    if l3_off {
        arg.switch("l3-cache", false);
    }
}

fn max_phys_addr(cpu: &Cpu, arg: &mut CpuArg) {
    let Some(addr) = &cpu.max_phys_addr else { return };
    match addr.mode {
        MaxPhysAddrMode::Passthrough => {
            arg.switch("host-phys-bits", true);
            if let Some(limit) = addr.limit.filter(|limit| *limit > 0) {
                arg.set("host-phys-bits-limit", &limit.to_string());
            }
        }
        MaxPhysAddrMode::Emulate => match addr.bits.filter(|bits| *bits > 0) {
            Some(bits) => arg.set("phys-bits", &bits.to_string()),
            None => arg.switch("host-phys-bits", false),
        },
    }
}
