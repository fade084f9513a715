//! `<cpu>`: the CPU of the guest on this host, as a model and properties of QEMU.

mod compare;
mod features;
mod hyperv;
mod tsc;
mod update;

pub(crate) use tsc::check_tsc;
pub(crate) use update::update;

use std::borrow::Cow;

use virtargv_caps::{Arch, Cap, Convention, feature_names};
use virtargv_model::cpu::{Cpu, CpuCacheMode, CpuMode, FeaturePolicy, MaxPhysAddrMode};
use virtargv_model::{OnOff, Pos, Problem};

use super::context::Prepare;
use crate::text::Text;
use crate::{Props, Value};

/// A prepared CPU.
#[derive(Debug)]
pub(crate) struct Facts {
    /// QEMU's name of its model.
    pub model: Text,
    /// Properties that differ from the model.
    pub properties: Props,
}

/// The properties of the CPU so far.
struct CpuProperties<'c> {
    cx: &'c Prepare<'c>,
    properties: Props,
}

impl CpuProperties<'_> {
    /// Adds a property with a value.
    fn set(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        self.properties.set(key, value);
    }

    /// Adds a property that is on, written as the key alone.
    fn bare(&mut self, key: impl Into<Cow<'static, str>>) {
        self.properties.set(key, Value::Bare);
    }

    /// Adds a feature as `name=on`, or `+name` for earlier QEMUs.
    fn feature(&mut self, name: &str, on: bool) {
        let value = if self.cx.has(Cap::QueryCpuModelExpansion) { Value::Bool(on) } else { Value::Sign(on) };
        self.properties.set(qemu_name(self.cx, name).to_owned(), value);
    }
}

/// QEMU's name of a feature.
fn qemu_name<'a>(cx: &Prepare<'_>, name: &'a str) -> &'a str {
    if cx.guest.arch.is_x86() && has_canonical_names(cx) { feature_names::to_qemu(name) } else { name }
}

/// Whether QEMU knows the features of x86 CPUs by their canonical names.
fn has_canonical_names(cx: &Prepare<'_>) -> bool {
    cx.release().has(Convention::CanonicalCpuNames) || cx.has(Cap::CanonicalCpuFeatures)
}

/// Prepares `<cpu>`; `None` for the default CPU of the machine type.
pub(crate) fn prepare(cx: &Prepare<'_>) -> Result<Option<Facts>, Problem> {
    let mut cpu_props = CpuProperties { cx, properties: Props::object() };
    let cpu = cx.domain.cpu.as_ref();
    let model = match cpu.filter(|cpu| cpu.names_a_cpu()) {
        Some(cpu) => named(&mut cpu_props, cpu)?,
        None if needs_32_bit_cpu(cx) => Some("qemu32".into()),
        None => None,
    };
    features::add(&mut cpu_props);
    if let Some(cpu) = cpu {
        cache(&mut cpu_props, cpu);
        max_phys_addr(&mut cpu_props, cpu);
    }
    let properties = cpu_props.properties;
    let model = match model {
        Some(model) => model,
        None if properties.is_empty() => return Ok(None),
        None => default_model(cx)?,
    };
    Ok(Some(Facts { model, properties }))
}

/// Whether the default CPU must be a 32-bit one: the guest is 32-bit, the QEMU binary 64-bit.
fn needs_32_bit_cpu(cx: &Prepare<'_>) -> bool {
    let emulator = cx.domain.devices.emulator.as_deref().unwrap_or(cx.caps.emulator());
    let kvm = cx.host.arch() == Arch::X86_64 && emulator.contains("kvm");
    cx.guest.arch == Arch::I686 && (kvm || emulator.contains("x86_64"))
}

/// The model of a CPU with properties where the document names no model.
fn default_model(cx: &Prepare<'_>) -> Result<Text, Problem> {
    match cx.guest.arch {
        Arch::I686 => Ok("qemu32".into()),
        Arch::X86_64 => Ok("qemu64".into()),
        arch => {
            // Without `<cpu>`, the properties are those of `<features>` or `<clock>`.
            let domain = cx.domain;
            let places =
                [domain.cpu.as_ref().map_or(Pos::NONE, |cpu| cpu.pos), domain.features.pos, domain.clock.pos];
            let place = places.into_iter().find(|pos| pos.offset().is_some()).unwrap_or(domain.pos);
            let message = format!(
                "the CPU needs a model to have properties, no default is known for architecture `{arch}`"
            );
            Err(crate::rules::CPU_NO_DEFAULT.problem(cx.release(), place, message))
        }
    }
}

/// Whether the vCPU topology decides on a feature, and QEMU sets it whatever its property says.
fn is_by_topology(cx: &Prepare<'_>, feature: &str) -> bool {
    cx.release().has(Convention::TopologyFeatures)
        && cx.guest.arch.is_x86()
        && matches!(feature, "ht" | "cmp_legacy")
}

/// The model of `<cpu>`, whose features are added to the properties.
fn named(cpu_props: &mut CpuProperties<'_>, cpu: &Cpu) -> Result<Option<Text>, Problem> {
    let (cx, arch) = (cpu_props.cx, cpu_props.cx.guest.arch);
    let model = match cpu.mode() {
        CpuMode::HostPassthrough | CpuMode::Maximum => {
            if arch == Arch::Armv7l && cx.host.arch() == Arch::Aarch64 {
                cpu_props.set("aarch64", false);
            }
            if let Some(migratable) = cpu.migratable.filter(|_| cx.has(Cap::CpuMigratable)) {
                cpu_props.set("migratable", migratable == OnOff::On);
            }
            Some(if cpu.mode() == CpuMode::Maximum { "max".into() } else { "host".into() })
        }
        CpuMode::HostModel if arch.is_ppc64() => {
            let by_machine = cx.guest.is_pseries() && cx.has(Cap::MachinePseriesMaxCpuCompat);
            if let Some(name) = cpu.model.name.as_ref().filter(|_| !by_machine) {
                cpu_props.set("compat", name);
            }
            Some("host".into())
        }
        CpuMode::HostModel => {
            let message = format!("a CPU of mode `host-model` is not supported for architecture `{arch}`");
            return Err(crate::rules::CPU_HOST_MODEL_ARCH.problem(cx.release(), cpu.pos, message));
        }
        CpuMode::Custom => cpu.model.name.as_ref().filter(|name| !name.is_empty()).map(Text::from),
    };
    if (arch.is_s390() || arch.is_arm()) && !cpu.features.is_empty() && !cx.has(Cap::QueryCpuModelExpansion) {
        let message = format!("CPU features of architecture `{arch}` are not supported by this QEMU");
        return Err(crate::rules::CPU_FEATURES_ARCH.problem(cx.release(), cpu.pos, message));
    }
    if let Some(vendor_id) = &cpu.model.vendor_id {
        cpu_props.set("vendor", vendor_id);
    }
    for feature in cpu.features.iter().filter(|feature| !is_by_topology(cx, &feature.name)) {
        match feature.policy {
            FeaturePolicy::Force | FeaturePolicy::Require => cpu_props.feature(&feature.name, true),
            FeaturePolicy::Disable | FeaturePolicy::Forbid => cpu_props.feature(&feature.name, false),
            FeaturePolicy::Optional => {}
        }
    }
    Ok(model)
}

fn cache(cpu_props: &mut CpuProperties<'_>, cpu: &Cpu) {
    let Some(cache) = &cpu.cache else { return };
    let (host_off, l3_off) = match cache.mode {
        CpuCacheMode::Emulate => {
            cpu_props.set("l3-cache", true);
            (true, false)
        }
        CpuCacheMode::Passthrough => {
            cpu_props.set("host-cache-info", true);
            (false, true)
        }
        CpuCacheMode::Disable => (true, true),
    };
    if !cpu_props.cx.has(Cap::CpuCache) {
        return;
    }
    if host_off && cpu.is_native() {
        cpu_props.set("host-cache-info", false);
    }
    if l3_off {
        cpu_props.set("l3-cache", false);
    }
}

fn max_phys_addr(cpu_props: &mut CpuProperties<'_>, cpu: &Cpu) {
    let Some(addr) = &cpu.max_phys_addr else { return };
    match addr.mode {
        MaxPhysAddrMode::Passthrough => {
            cpu_props.set("host-phys-bits", true);
            if let Some(limit) = addr.limit.filter(|limit| *limit > 0) {
                cpu_props.set("host-phys-bits-limit", limit);
            }
        }
        MaxPhysAddrMode::Emulate => match addr.bits.filter(|bits| *bits > 0) {
            Some(bits) => cpu_props.set("phys-bits", bits),
            None => cpu_props.set("host-phys-bits", false),
        },
    }
}
