//! The CPUs that `<cpu mode='host-model'>` stands for.

use super::x86::CpuData;
use super::{CpuMap, CpuSpec, FeaturePolicy, FeatureSet, X86};
use crate::{Accel, Arch, Cap, Caps, HostCpu, PropertyValue, feature_names};

/// The CPUs that describe the host, for `<cpu mode='host-model'>` and for comparing a guest's CPU with the host's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostModels {
    /// All features that the accelerator supports on the host.
    pub reported: CpuSpec,
    /// The features that do not block migration.
    pub migratable: CpuSpec,
    /// The reported features and those of the hardware, for comparing a guest's CPU with the host's.
    pub full: CpuSpec,
    /// Whether QEMU's expansion of the host's CPU told them, rather than what the host says of its CPU.
    pub by_qemu: bool,
}

impl Caps {
    /// The CPUs that describe a host of architecture `host_arch` under `accel`: by QEMU's expansion of the host's CPU
    /// where the capabilities have one, else by `host`. `None` where neither is known, and for guests of a foreign
    /// architecture.
    pub fn host_models(
        &self,
        accel: Accel,
        host_arch: Arch,
        host: Option<&CpuSpec>,
        map: Option<&CpuMap>,
    ) -> Option<HostModels> {
        if !is_native(host_arch, self.arch()) {
            return None;
        }
        let x86 = map.filter(|_| self.arch().is_x86()).map(|map| X86::new(&map.x86, self.release()));
        let Some((reported, migratable)) =
            self.host_cpu(accel).and_then(|cpu| self.reported(cpu, accel, x86))
        else {
            let mut reported = host?.clone();
            reported.features.retain(|(name, _)| is_passed_on(self.arch(), name));
            let mut migratable = reported.clone();
            if let Some(x86) = x86 {
                migratable.features.retain(|(name, _)| x86.is_migratable(name));
            }
            return Some(HostModels { full: reported.clone(), reported, migratable, by_qemu: false });
        };
        let full = match host.filter(|_| accel == Accel::Kvm && host_arch.is_x86()) {
            None => reported.clone(),
            Some(host) => {
                let mut full = host.clone();
                for (name, policy) in &reported.features {
                    if *policy == FeaturePolicy::Require {
                        full.set(name, *policy);
                    }
                }
                full
            }
        };
        Some(HostModels { reported, migratable, full, by_qemu: true })
    }

    /// The host's CPU by QEMU's expansion, with and without the features that block migration.
    fn reported(&self, cpu: &HostCpu, accel: Accel, x86: Option<X86<'_>>) -> Option<(CpuSpec, CpuSpec)> {
        if self.arch().is_x86() {
            let x86 = x86?;
            let model = |migratable| {
                let mut spec = x86.decode(&x86_data(x86, cpu, migratable), Some(self.cpu_models(accel)))?;
                // A QEMU that does not report unavailable features cannot be asked for those of registers.
                spec.features.retain(|(name, _)| self.has(Cap::CpuUnavailableFeatures) || !x86.is_msr(name));
                Some(spec)
            };
            return Some((model(false)?, model(true)?));
        }
        if self.arch().is_s390() {
            return Some((s390_spec(cpu, false), s390_spec(cpu, true)));
        }
        None
    }
}

/// Whether a CPU of architecture `host` executes code of architecture `guest` natively.
pub fn is_native(host: Arch, guest: Arch) -> bool {
    host == guest
        || (host == Arch::X86_64 && guest == Arch::I686)
        || (host == Arch::Aarch64 && matches!(guest, Arch::Armv7l | Arch::Armv6l))
        || (host.is_ppc64() && guest.is_ppc64())
        || (host == Arch::S390x && guest == Arch::S390)
}

/// Whether `host-model` includes a feature of the host's CPU. Features of host monitoring, and those that the guest's
/// operating system sets, are left out.
pub fn is_passed_on(arch: Arch, feature: &str) -> bool {
    !(arch.is_x86() && matches!(feature, "cmt" | "mbm_total" | "mbm_local" | "osxsave" | "ospke"))
}

fn x86_data(x86: X86<'_>, cpu: &HostCpu, migratable: bool) -> CpuData {
    let mut data = CpuData { features: FeatureSet::default(), vendor: None, signature: None };
    let number = |name: &str| match cpu.property(name).map(|property| &property.value) {
        Some(PropertyValue::Number(number)) => u32::try_from(*number).unwrap_or(0),
        _ => 0,
    };
    let signature = (number("family"), number("model"), number("stepping"));
    data.signature = Some(signature).filter(|signature| *signature != (0, 0, 0));
    // Some versions of QEMU report the features of that MSR even where the guest does not have it.
    let arch_capabilities =
        cpu.property("arch-capabilities").is_some_and(|property| property.value == PropertyValue::Bool(true));
    for property in &cpu.properties {
        match &property.value {
            PropertyValue::Bool(true) if !(migratable && property.migratable.is_no()) => {
                if let Some(id) = x86.feature(feature_names::from_qemu(&property.name))
                    && (arch_capabilities || !x86.is_arch_capability(id))
                {
                    data.features.insert(id);
                }
            }
            PropertyValue::Text(text) if &*property.name == "vendor" => data.vendor = x86.vendor_of(text),
            _ => {}
        }
    }
    data
}

fn s390_spec(cpu: &HostCpu, migratable: bool) -> CpuSpec {
    let mut spec = CpuSpec { model: Some(cpu.model.to_string()), ..CpuSpec::default() };
    for property in &cpu.properties {
        if let PropertyValue::Bool(on) = property.value {
            let on = on && !(migratable && property.migratable.is_no());
            let policy = if on { FeaturePolicy::Require } else { FeaturePolicy::Disable };
            spec.features.push((property.name.to_string(), policy));
        }
    }
    spec
}
