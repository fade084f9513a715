//! All features of an x86 CPU, and those that a QEMU knows.

use super::{CpuSpec, FeaturePolicy, Incompatible, X86};
use crate::{Accel, Caps, HostCpu, PropertyValue, feature_names};

impl X86<'_> {
    /// The CPU with all features of its model listed, by name: those that the definition has are required, removed ones are
    /// disabled, and what the CPU lists itself has its own policy.
    ///
    /// # Errors
    /// A model or feature that is not defined.
    pub fn expand(self, cpu: &CpuSpec) -> Result<CpuSpec, Incompatible> {
        let mut expanded = CpuSpec { features: Vec::new(), ..cpu.clone() };
        let model = cpu.model.as_deref().map(|name| self.model(name)).transpose()?;
        if let Some(model) = model {
            let own = self.ordered(&self.features(model)).into_iter();
            expanded.features = own.map(|id| (self.name(id).to_owned(), FeaturePolicy::Require)).collect();
        }
        for (name, policy) in &cpu.features {
            self.known(name)?;
            expanded.set(name, *policy);
        }
        self.disable_removed(&mut expanded)?;
        expanded.features.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(expanded)
    }
}

impl HostCpu {
    /// The features that the host's CPU has, by the names of the domain format, and whether a guest with each can
    /// migrate. They are in the order of the names.
    pub fn features(&self) -> Vec<(&str, bool)> {
        let on = self.properties.iter().filter(|property| property.value == PropertyValue::Bool(true));
        let mut found: Vec<_> = on
            .map(|property| (feature_names::from_qemu(&property.name), !property.migratable.is_no()))
            .collect();
        found.sort_unstable();
        found
    }
}

impl Caps {
    /// The names, as in the domain format, of the properties of the host's CPU under `accel`, whatever their value, without
    /// those that block migration where `migratable` is set; `None` where the capabilities have no expansion of it. libvirt
    /// takes them for the features that QEMU knows.
    pub fn known_features(&self, accel: Accel, migratable: bool) -> Option<Vec<&str>> {
        let properties = self.host_cpu(accel)?.properties.iter();
        let kept = properties.filter(|property| !(migratable && property.migratable.is_no()));
        Some(kept.map(|property| feature_names::from_qemu(&property.name)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Arch, CpuMap, HostCpuProperty, Release, Tristate};

    fn check(cpu: &CpuSpec, expected: &str) {
        let map = CpuMap::parse(|name| {
            let text = match name {
                "index.xml" => "<cpus><arch name='x86'><include filename='all'/></arch></cpus>",
                _ => {
                    "<cpus><feature name='sub'><cpuid eax_in='1' edx='2'/></feature>
                    <feature name='add'><cpuid eax_in='1' edx='1'/></feature>
                    <feature name='fold'><cpuid eax_in='1' edx='4'/></feature>
                    <feature name='swap'><cpuid eax_in='1' edx='8'/></feature>
                    <model name='Base'><feature name='sub'/></model>
                    <model name='Late'><model name='Base'/><feature name='add'/><feature name='fold' added='yes'/>
                      <feature name='swap' removed='yes'/></model></cpus>"
                }
            };
            Some(text.to_owned())
        })
        .unwrap();
        let x86 = X86::new(map.x86(), Release::V12_9);
        let shown = match x86.expand(cpu) {
            Ok(cpu) => cpu
                .features
                .iter()
                .map(|(name, policy)| format!("{policy:?} {name}"))
                .collect::<Vec<_>>()
                .join(", "),
            Err(why) => why.to_string(),
        };
        assert_eq!(shown, expected);
    }

    fn late(features: &[(&str, FeaturePolicy)]) -> CpuSpec {
        let features = features.iter().map(|(name, policy)| ((*name).to_owned(), *policy)).collect();
        CpuSpec { model: Some("Late".to_owned()), vendor: None, features }
    }

    #[test]
    fn features_of_the_model_and_of_the_cpu_are_sorted_by_name() {
        check(&late(&[]), "Require add, Require sub, Disable swap");
        let changed = late(&[("swap", FeaturePolicy::Force), ("sub", FeaturePolicy::Disable)]);
        check(&changed, "Require add, Disable sub, Force swap");
        check(
            &late(&[("fold", FeaturePolicy::Optional)]),
            "Require add, Optional fold, Require sub, Disable swap",
        );
        check(&late(&[("none", FeaturePolicy::Require)]), "there is no CPU feature `none`");
        check(
            &CpuSpec { model: Some("Never".into()), ..CpuSpec::default() },
            "there is no CPU model `Never`",
        );
    }

    #[test]
    fn the_features_of_the_host_have_the_names_of_the_domain_format() {
        let property = |name: &str, on, migratable| HostCpuProperty {
            name: name.into(),
            value: PropertyValue::Bool(on),
            migratable,
        };
        let properties = vec![
            property("pclmulqdq", true, Tristate::Yes),
            property("invtsc", true, Tristate::No),
            property("avx", false, Tristate::Absent),
        ];
        let host = HostCpu { properties, ..HostCpu::default() };
        assert_eq!(host.features(), [("invtsc", false), ("pclmuldq", true)]);
        let caps = Caps::builder(Release::V12_9, Arch::X86_64).host_cpu(Accel::Kvm, host).build();
        assert_eq!(caps.known_features(Accel::Kvm, false).unwrap(), ["pclmuldq", "invtsc", "avx"]);
        assert_eq!(caps.known_features(Accel::Kvm, true).unwrap(), ["pclmuldq", "avx"]);
        assert_eq!(caps.known_features(Accel::Tcg, true), None);
    }
}
