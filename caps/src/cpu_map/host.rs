//! The host's CPU as a hypervisor offers it to guests.

use super::x86::CpuData;
use super::{CpuMap, CpuSpec, FeaturePolicy, FeatureSet, X86};
use crate::{Accel, Arch, Caps, HostCpu, PropertyValue, feature_names};

/// What `<cpu mode='host-model'>` stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostModels {
    /// What the hypervisor can offer.
    pub reported: CpuSpec,
    /// The same without what blocks migration.
    pub migratable: CpuSpec,
    /// What the hardware has on top of that, for comparison with a guest's CPU.
    pub full: CpuSpec,
}

impl Caps {
    /// What the CPU of a host of architecture `host_arch` is to guests under `accel`: by QEMU's own account where the
    /// set has one, otherwise `host`. `None` where nobody knows.
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
            return Some(HostModels { full: reported.clone(), reported, migratable });
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
        Some(HostModels { reported, migratable, full })
    }

    /// QEMU's account, with and without what blocks migration.
    fn reported(&self, cpu: &HostCpu, accel: Accel, x86: Option<X86<'_>>) -> Option<(CpuSpec, CpuSpec)> {
        if self.arch().is_x86() {
            let x86 = x86?;
            let model =
                |migratable| x86.decode(&x86_data(x86, cpu, migratable), Some(self.cpu_models(accel)));
            return Some((model(false)?, model(true)?));
        }
        if self.arch().is_s390() {
            return Some((s390_spec(cpu, false), s390_spec(cpu, true)));
        }
        None
    }
}

/// Whether a host's CPU can run a guest's code as it is.
pub fn is_native(host: Arch, guest: Arch) -> bool {
    host == guest
        || (host == Arch::X86_64 && guest == Arch::I686)
        || (host == Arch::Aarch64 && matches!(guest, Arch::Armv7l | Arch::Armv6l))
        || (host.is_ppc64() && guest.is_ppc64())
        || (host == Arch::S390x && guest == Arch::S390)
}

/// Some features of a host's CPU are the host's own business.
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
    // Some QEMUs tell of that register's features where the guest will not have the register.
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
