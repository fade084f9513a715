//! x86 CPUs by the definitions of a release.

use super::{
    CpuDefinitions, CpuModelDef, CpuSpec, FeatureBits, FeatureId, FeaturePolicy, FeatureSet, Incompatible,
};
use crate::{Convention, Release};

/// The x86 definitions under a release of libvirt.
#[derive(Clone, Copy, Debug)]
pub struct X86<'a> {
    pub(super) definitions: &'a CpuDefinitions,
    pub(super) release: Release,
}

/// Removed features that the definitions of earlier releases still have.
const REMOVED_LATER: [&str; 2] = ["mpx", "intel-pt"];

/// The data that a CPU reports: features, vendor and signature.
#[derive(Clone, Debug, Default)]
pub(crate) struct CpuData {
    pub(crate) features: FeatureSet,
    pub(crate) vendor: Option<Box<str>>,
    /// Family, model, stepping.
    pub(crate) signature: Option<(u32, u32, u32)>,
}

impl<'a> X86<'a> {
    /// The x86 `definitions` under `release`.
    pub fn new(definitions: &'a CpuDefinitions, release: Release) -> Self {
        Self { definitions, release }
    }

    /// The id of a feature.
    pub(crate) fn feature(self, name: &str) -> Option<FeatureId> {
        self.definitions.feature_id(name)
    }

    /// Whether the model `name` is defined.
    pub fn has_model(self, name: &str) -> bool {
        self.definitions.model(name).is_some()
    }

    /// Whether the vendor `name` is defined.
    pub(super) fn has_vendor(self, name: &str) -> bool {
        self.definitions.vendors.iter().any(|vendor| &*vendor.name == name)
    }

    /// The name of the vendor with the vendor id `string`.
    pub(crate) fn vendor_of(self, string: &str) -> Option<Box<str>> {
        let mut vendors = self.definitions.vendors.iter();
        vendors.find(|vendor| vendor.string.as_deref() == Some(string)).map(|vendor| vendor.name.clone())
    }

    /// Whether a guest with the feature can migrate.
    pub fn is_migratable(self, name: &str) -> bool {
        self.definitions.feature(name).is_none_or(|feature| feature.migratable)
    }

    /// The features of a model in the definitions of the release.
    pub(super) fn features(self, model: &CpuModelDef) -> FeatureSet {
        let mut features = model.features.clone();
        if !self.release.has(Convention::CpuDefinitionChanges) {
            let not_yet = model.removed.iter().filter(|id| REMOVED_LATER.contains(&self.name(**id)));
            not_yet.for_each(|id| features.insert(*id));
        }
        features
    }

    /// The names of the features that QEMU's model `name` has beyond its definition, as a later version of libvirt says.
    pub fn added(self, name: &str) -> impl Iterator<Item = &'a str> {
        let model =
            self.definitions.model(name).filter(|_| self.release.has(Convention::CpuDefinitionChanges));
        let added = model.map(|model| self.ordered(&model.added)).unwrap_or_default();
        added.into_iter().map(move |id| self.name(id))
    }

    /// The features that are explicitly disabled, as the definition of the model no longer has them.
    pub(super) fn removed(self, model: &CpuModelDef) -> &[FeatureId] {
        if self.release.has(Convention::CpuDefinitionChanges) { &model.removed } else { &[] }
    }

    /// Whether a feature is reported by `IA32_ARCH_CAPABILITIES`, the MSR that only CPUs with `arch-capabilities` have.
    pub(crate) fn is_arch_capability(self, id: FeatureId) -> bool {
        let bits = self.definitions.features.get(usize::from(id)).map_or(&[][..], |feature| &feature.bits);
        bits.iter().any(|bits| matches!(bits, FeatureBits::Msr { index: 0x10a, .. }))
    }

    /// Whether a feature is reported by a model-specific register.
    pub(super) fn is_msr(self, name: &str) -> bool {
        let bits = self.definitions.feature(name).map_or(&[][..], |feature| &feature.bits);
        bits.iter().any(|bits| matches!(bits, FeatureBits::Msr { .. }))
    }

    pub(super) fn name(self, id: FeatureId) -> &'a str {
        self.definitions.features.get(usize::from(id)).map_or("", |feature| &feature.name)
    }

    /// The features of a set in the order in which the release lists them.
    pub(super) fn ordered(self, set: &FeatureSet) -> Vec<FeatureId> {
        let all = 0..FeatureId::try_from(self.definitions.features.len()).unwrap_or(FeatureId::MAX);
        let mut ids: Vec<FeatureId> = all.filter(|id| set.has(*id)).collect();
        if !self.release.has(Convention::CpuidEcxFirst) {
            ids.sort_by_key(|id| self.old_rank(*id));
        }
        ids
    }

    /// The sort key of earlier definitions, which list `edx` before `ecx` in the leaves where both have features.
    fn old_rank(self, id: FeatureId) -> (u8, u32, u32, bool) {
        match self.definitions.features.get(usize::from(id)).and_then(|feature| feature.bits.first()) {
            Some(FeatureBits::Cpuid { leaf, subleaf, registers: [_, _, _, edx] }) => {
                let edx_first = matches!(leaf, 1 | 0x8000_0001);
                (0, *leaf, *subleaf, edx_first && *edx == 0)
            }
            Some(FeatureBits::Msr { index, .. }) => (1, *index, 0, false),
            None => (2, 0, 0, false),
        }
    }

    /// The data of a CPU: the features of its model and those that are enabled, without those that are disabled.
    pub(crate) fn data(self, cpu: &CpuSpec) -> Result<CpuData, Incompatible> {
        let mut data = CpuData::default();
        if let Some(name) = &cpu.model {
            let model = self.model(name)?;
            data.features = self.features(model);
            data.vendor.clone_from(&model.vendor);
            data.signature = model
                .signatures
                .first()
                .map(|signature| (signature.family, signature.model, signature.steppings.trailing_zeros()));
        }
        for (name, policy) in &cpu.features {
            let Some(enabled) = policy.enabled() else { continue };
            let id = self.known(name)?;
            if enabled {
                data.features.insert(id);
            } else {
                data.features.remove(id);
            }
        }
        Ok(data)
    }

    pub(super) fn model(self, name: &str) -> Result<&'a CpuModelDef, Incompatible> {
        self.definitions.model(name).ok_or_else(|| Incompatible::UnknownModel(name.to_owned()))
    }

    pub(super) fn known(self, name: &str) -> Result<FeatureId, Incompatible> {
        self.feature(name).ok_or_else(|| Incompatible::UnknownFeature(name.to_owned()))
    }

    /// The features of a CPU with a policy; for `Require`, with those of its model.
    pub(super) fn with_policy(
        self,
        cpu: &CpuSpec,
        policy: FeaturePolicy,
    ) -> Result<FeatureSet, Incompatible> {
        let mut set = FeatureSet::default();
        if let (FeaturePolicy::Require, Some(name)) = (policy, &cpu.model) {
            set = self.features(self.model(name)?);
        }
        for (name, _) in cpu.features.iter().filter(|(_, asked)| *asked == policy) {
            set.insert(self.known(name)?);
        }
        Ok(set)
    }

    /// Replaces the policy `optional` by `require` or `disable`, depending on the features of `host`.
    pub fn settle_optional(self, cpu: &mut CpuSpec, host: &CpuSpec) -> Result<(), Incompatible> {
        let host = self.data(host)?;
        for (name, policy) in &mut cpu.features {
            if *policy == FeaturePolicy::Optional {
                let id = self.known(name)?;
                *policy = if host.features.has(id) { FeaturePolicy::Require } else { FeaturePolicy::Disable };
            }
        }
        Ok(())
    }

    /// Disables the features that the definition of the model no longer has.
    pub fn disable_removed(self, cpu: &mut CpuSpec) -> Result<(), Incompatible> {
        if let Some(name) = cpu.model.clone() {
            for id in self.removed(self.model(&name)?) {
                cpu.set_if_missing(self.name(*id), FeaturePolicy::Disable);
            }
        }
        Ok(())
    }

    pub(super) fn names(self, set: &FeatureSet) -> String {
        let names: Vec<&str> = self.ordered(set).into_iter().map(|id| self.name(id)).collect();
        names.join(", ")
    }
}
