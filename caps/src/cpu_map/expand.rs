//! All features of an x86 CPU, and those that a QEMU knows.

use super::{CpuSpec, FeaturePolicy, Incompatible, X86};
use crate::{Accel, Caps, HostCpu, PropertyValue, feature_names};

impl X86<'_> {
    /// The CPU with all features of its model listed, by name: those that the definition has are required, those that it
    /// no longer has are disabled, and what the CPU lists itself has its own policy.
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
        for id in model.into_iter().flat_map(|model| self.removed(model)) {
            expanded.set_if_missing(self.name(*id), FeaturePolicy::Disable);
        }
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
