//! x86 CPUs: finding the closest named model, and translating CPUs.

use std::collections::HashMap;

use super::{
    CpuDefinitions, CpuModelDef, CpuSpec, FeatureBits, FeatureId, FeaturePolicy, FeatureSet, Incompatible,
};
use crate::{Convention, CpuModel, Release};

/// The x86 definitions under a release of libvirt.
#[derive(Clone, Copy, Debug)]
pub struct X86<'a> {
    pub(super) definitions: &'a CpuDefinitions,
    release: Release,
    /// Whether the models are those of the first definitions, without what a later version of libvirt added.
    is_first: bool,
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

/// A model that can describe a CPU, with the features to be enabled and disabled.
struct Candidate<'a> {
    model: &'a CpuModelDef,
    enabled: Vec<FeatureId>,
    disabled: Vec<FeatureId>,
}

impl<'a> X86<'a> {
    /// The x86 `definitions` under `release`.
    pub fn new(definitions: &'a CpuDefinitions, release: Release) -> Self {
        Self { definitions, release, is_first: false }
    }

    /// The definitions with the features that each model had from the beginning. What was added later is in QEMU's model all the
    /// same, but a CPU that libvirt describes for others does not rely on it.
    #[must_use]
    pub fn first(self) -> Self {
        Self { is_first: true, ..self }
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
            features.subtract(&model.added);
            let not_yet = model.removed.iter().filter(|id| REMOVED_LATER.contains(&self.name(**id)));
            not_yet.for_each(|id| features.insert(*id));
        } else if self.is_first {
            features.subtract(&model.added);
        }
        features
    }

    /// The features of a model without those that a later version of libvirt added.
    pub(super) fn first_features(self, model: &CpuModelDef) -> FeatureSet {
        let mut features = self.features(model);
        features.subtract(&model.added);
        features
    }

    /// The names of the features that a later version of libvirt added to the model `name`.
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

    /// The features of a CPU with a policy; for `Require`, with those that its model had from the beginning: guests that
    /// were defined before a feature was added to the model must still start.
    pub(super) fn with_policy(
        self,
        cpu: &CpuSpec,
        policy: FeaturePolicy,
    ) -> Result<FeatureSet, Incompatible> {
        let mut set = FeatureSet::default();
        if let (FeaturePolicy::Require, Some(name)) = (policy, &cpu.model) {
            set = self.first_features(self.model(name)?);
        }
        for (name, _) in cpu.features.iter().filter(|(_, asked)| *asked == policy) {
            set.insert(self.known(name)?);
        }
        Ok(set)
    }

    /// Describes `data` by the closest model of those in `allowed`.
    pub(crate) fn decode(self, data: &CpuData, allowed: Option<&[CpuModel]>) -> Option<CpuSpec> {
        self.closest(data, allowed, &[])
    }

    /// As [`decode`](Self::decode), where the models in `preferred` come first: the only one always, each of several
    /// where fewer features have to be disabled.
    pub(super) fn closest(
        self,
        data: &CpuData,
        allowed: Option<&[CpuModel]>,
        preferred: &[&str],
    ) -> Option<CpuSpec> {
        let mut data = data.clone();
        self.drop_broken_tsx(&mut data);
        let allowed: Option<HashMap<&str, &CpuModel>> =
            allowed.map(|models| models.iter().map(|model| (&*model.name, model)).collect());
        let vendor = data.vendor.as_deref();
        let mut best: Option<Candidate<'_>> = None;
        // Later definitions are of later CPUs, and take precedence among equally close ones.
        for model in self.definitions.models.iter().rev().filter(|model| model.decode_guest) {
            let offered = match &allowed {
                None => None,
                Some(models) => match models.get(&*model.name) {
                    Some(offered) => Some(*offered),
                    None => continue,
                },
            };
            if let (Some(vendor), Some(own)) = (vendor, model.vendor.as_deref())
                && vendor != own
            {
                continue;
            }
            let candidate = self.candidate(&data, model, offered);
            if matches!(preferred, [only] if **only == *model.name) {
                best = Some(candidate);
                break;
            }
            let is_preferred = preferred.contains(&&*model.name);
            let is_better = |best| {
                self.is_better(&candidate, best, data.signature)
                    || (is_preferred && self.disables_less(&candidate, best, data.signature))
            };
            if best.as_ref().is_none_or(is_better) {
                best = Some(candidate);
            }
        }
        let best = best?;
        let mut cpu = CpuSpec {
            model: Some(best.model.name.to_string()),
            vendor: vendor.map(str::to_owned),
            features: Vec::new(),
        };
        for id in best.enabled {
            cpu.features.push((self.name(id).to_owned(), FeaturePolicy::Require));
        }
        for id in best.disabled {
            cpu.set_if_missing(self.name(id), FeaturePolicy::Disable);
        }
        Some(cpu)
    }

    /// The name of the closest model of which the CPU of a host has all features, but for added ones, and the names of
    /// the features beyond it.
    pub(super) fn host_model(self, data: &mut CpuData) -> Option<(&'a str, Vec<&'a str>)> {
        self.drop_broken_tsx(data);
        let vendor = data.vendor.as_deref();
        let mut best: Option<Candidate<'_>> = None;
        for model in self.definitions.models.iter().rev().filter(|model| model.decode_host) {
            if matches!((vendor, model.vendor.as_deref()), (Some(vendor), Some(own)) if vendor != own) {
                continue;
            }
            let own = self.first_features(model);
            let mut missing = own.clone();
            missing.subtract(&data.features);
            if !missing.is_empty() {
                continue;
            }
            let mut enabled = data.features.clone();
            enabled.subtract(&own);
            let candidate = Candidate { model, enabled: self.ordered(&enabled), disabled: Vec::new() };
            if best.as_ref().is_none_or(|best| self.is_better(&candidate, best, data.signature)) {
                best = Some(candidate);
            }
        }
        let best = best?;
        Some((&best.model.name, best.enabled.into_iter().map(|id| self.name(id)).collect()))
    }

    fn candidate(self, data: &CpuData, model: &'a CpuModelDef, offered: Option<&CpuModel>) -> Candidate<'a> {
        let own = self.features(model);
        let mut enabled = data.features.clone();
        enabled.subtract(&own);
        let mut missing = own;
        missing.subtract(&data.features);
        // QEMU's definition of the model can have further features that the host lacks.
        for blocker in offered.into_iter().flat_map(|offered| &offered.blockers) {
            let name = crate::feature_names::from_qemu(blocker);
            if let Some(id) = self.feature(name)
                && !enabled.has(id)
            {
                missing.insert(id);
            }
        }
        let enabled = self.ordered(&enabled);
        let mut disabled = self.ordered(&missing);
        for id in self.removed(model) {
            if !enabled.contains(id) && !disabled.contains(id) {
                disabled.push(*id);
            }
        }
        Candidate { model, enabled, disabled }
    }

    fn is_better(
        self,
        new: &Candidate<'_>,
        best: &Candidate<'_>,
        signature: Option<(u32, u32, u32)>,
    ) -> bool {
        if let Some(signature) = signature {
            match (matches(new.model, signature), matches(best.model, signature)) {
                (true, false) => return true,
                (false, true) => return false,
                _ => {}
            }
        }
        if !self.release.has(Convention::CpuDisabledPenalty) {
            return new.enabled.len() + new.disabled.len() < best.enabled.len() + best.disabled.len();
        }
        let ((new, new_disabled), (best, best_disabled)) = (penalty(new), penalty(best));
        new < best || (new == best && new_disabled < best_disabled)
    }

    /// Whether fewer features have to be disabled with `new`, and it matches the signature of the CPU where `best` does.
    fn disables_less(
        self,
        new: &Candidate<'_>,
        best: &Candidate<'_>,
        signature: Option<(u32, u32, u32)>,
    ) -> bool {
        let is_of_cpu = |model| signature.is_none_or(|signature| matches(model, signature));
        self.release.has(Convention::CpuDisabledPenalty)
            && (is_of_cpu(new.model) || !is_of_cpu(best.model))
            && penalty(new).1 < penalty(best).1
    }

    /// Removes TSX from early Haswell CPUs, on which an erratum disables it.
    fn drop_broken_tsx(self, data: &mut CpuData) {
        let broken = matches!(data.signature, Some((6, 60 | 69 | 70, _) | (6, 63, 0..4)));
        if broken && data.vendor.as_deref() == Some("Intel") {
            for name in ["hle", "rtm"] {
                if let Some(id) = self.feature(name) {
                    data.features.remove(id);
                }
            }
        }
    }

    /// Describes a CPU by the models in `allowed`; `None` where there is none.
    pub fn translate(self, cpu: &CpuSpec, allowed: &[CpuModel]) -> Result<Option<CpuSpec>, Incompatible> {
        let data = self.data(cpu)?;
        let Some(mut translated) = self.decode(&data, Some(allowed)) else { return Ok(None) };
        for (name, policy) in &cpu.features {
            translated.set(name, *policy);
        }
        Ok(Some(translated))
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

fn matches(model: &CpuModelDef, (family, number, stepping): (u32, u32, u32)) -> bool {
    model.signatures.iter().any(|known| {
        known.family == family
            && known.model == number
            && known.steppings.checked_shr(stepping).unwrap_or(0) & 1 == 1
    })
}

/// The distance of a candidate from the CPU, and the part of it for disabled features. Each disabled feature counts
/// more than the one before; libvirt weighs the first half of them only.
fn penalty(candidate: &Candidate<'_>) -> (usize, usize) {
    let (enabled, disabled) = (candidate.enabled.len(), candidate.disabled.len());
    let counted = disabled.div_ceil(2);
    let cost = (2..2 + counted).sum::<usize>();
    (enabled + disabled - counted + cost, cost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CpuMap;
    use crate::HostModels;

    /// Two generations of a vendor's CPUs and a generic one; `swap` was removed from `Late` later, `fold` was added.
    fn map() -> CpuMap {
        let file = |name: &str| {
            Some(match name {
                "index.xml" => {
                    "<cpus><arch name='x86'><include filename='f.xml'/><group><include filename='m.xml'/></group></arch></cpus>"
                }
                "f.xml" => {
                    "<cpus><vendor name='Acme' string='AcmeAcmeAcme'/>
                    <feature name='add'><cpuid eax_in='0x1' ecx='0x1'/></feature>
                    <feature name='sub'><cpuid eax_in='0x1' edx='0x1'/></feature>
                    <feature name='mul'><cpuid eax_in='0x7' ebx='0x1'/></feature>
                    <feature name='swap'><cpuid eax_in='0x7' ebx='0x2'/></feature>
                    <feature name='fold'><cpuid eax_in='0x7' ebx='0x4'/></feature>
                    <feature name='tick' migratable='no'><cpuid eax_in='0x80000007' edx='0x100'/></feature></cpus>"
                }
                "m.xml" => {
                    "<cpus><model name='Plain'><feature name='add'/></model>
                    <model name='Early'><signature family='6' model='1'/><vendor name='Acme'/>
                      <feature name='add'/><feature name='sub'/></model>
                    <model name='Late'><model name='Early'/><signature family='6' model='2' stepping='0-3'/>
                      <feature name='mul'/><feature name='fold' added='yes'/><feature name='swap' removed='yes'/></model></cpus>"
                }
                _ => return None,
            }
            .to_owned())
        };
        CpuMap::parse(file).unwrap()
    }

    fn show(cpu: &CpuSpec) -> String {
        let mut text = cpu.model.clone().unwrap_or_default();
        for (name, policy) in &cpu.features {
            text += if policy.enabled() == Some(true) { " +" } else { " -" };
            text += name;
        }
        text
    }

    fn decode(release: Release, features: &[&str], signature: Option<(u32, u32, u32)>) -> String {
        let map = map();
        let x86 = X86::new(&map.x86, release);
        let mut data = CpuData { vendor: Some("Acme".into()), signature, ..CpuData::default() };
        for name in features {
            data.features.insert(x86.feature(name).unwrap());
        }
        show(&x86.decode(&data, None).unwrap())
    }

    #[test]
    fn the_closest_model_is_found() {
        let v11 = |features: &[&str], signature| decode(Release::V11_3, features, signature);
        assert_eq!(v11(&["add"], None), "Plain");
        assert_eq!(v11(&["add", "sub", "tick"], None), "Early +tick");
        assert_eq!(v11(&["add", "sub", "mul", "fold"], None), "Early +mul +fold");
        // A model with the signature of the CPU is closest, whatever its features.
        assert_eq!(v11(&["add", "sub"], Some((6, 2, 3))), "Late -mul -fold -swap");
        assert_eq!(v11(&["add", "sub"], Some((6, 2, 4))), "Early");
        assert_eq!(decode(Release::V7_0, &["add", "sub", "mul"], None), "Late");
        // Earlier definitions list edx before ecx.
        assert_eq!(decode(Release::V11_3, &["tick"], None), "Plain +tick -add");
        assert_eq!(decode(Release::V7_0, &["tick"], Some((6, 1, 0))), "Early +tick -sub -add");
    }

    #[test]
    fn a_guest_is_held_against_its_host() {
        let map = map();
        let x86 = X86::new(&map.x86, Release::V11_3);
        let host = CpuSpec::host("Early", "Acme", ["mul"]);
        let models =
            HostModels { reported: host.clone(), migratable: host.clone(), full: host, by_qemu: false };
        let check = |model: &str, features: &[(&str, FeaturePolicy)], blockers: Option<&[&str]>, strict| {
            let features = features.iter().map(|(name, policy)| ((*name).to_owned(), *policy)).collect();
            let guest = CpuSpec { model: Some(model.to_owned()), vendor: None, features };
            let offered = blockers.map(|names| CpuModel {
                blockers: names.iter().map(|name| Box::from(*name)).collect(),
                ..CpuModel::named(model)
            });
            let compared = match &offered {
                None => x86.compare(&models, &guest, strict).map(drop),
                Some(offered) => x86.compare_offered(&models, &guest, offered),
            };
            compared.map_err(|error| error.to_string())
        };
        let missing = |names| Err(format!("the CPU of the host lacks required features: {names}"));
        assert_eq!(check("Early", &[], None, false), Ok(()));
        assert_eq!(check("Early", &[("swap", FeaturePolicy::Require)], None, false), missing("swap"));
        // What was added to the model later does not count, unless the guest asks for it.
        assert_eq!(check("Late", &[], None, true), Ok(()));
        assert_eq!(check("Late", &[("fold", FeaturePolicy::Require)], None, false), missing("fold"));
        assert_eq!(check("Late", &[("fold", FeaturePolicy::Disable)], None, true), Ok(()));
        assert_eq!(check("Late", &[("fold", FeaturePolicy::Force)], None, false), Ok(()));
        assert_eq!(
            check("Early", &[("mul", FeaturePolicy::Forbid)], None, false),
            Err("the CPU of the host has forbidden features: mul".into())
        );
        assert_eq!(
            check("Early", &[], None, true),
            Err("the CPU of the host has additional features, which a strict match excludes: mul".into())
        );
        assert_eq!(check("Never", &[], None, false), Err("there is no CPU model `Never`".into()));
        // QEMU's own model decides.
        assert_eq!(check("Late", &[], Some(&["sub", "fold"]), false), missing("sub, fold"));
        assert_eq!(check("Late", &[("sub", FeaturePolicy::Disable)], Some(&["sub"]), false), Ok(()));
        assert_eq!(check("Late", &[("swap", FeaturePolicy::Require)], Some(&[]), false), missing("swap"));
    }

    #[test]
    fn models_that_are_not_on_offer_are_translated() {
        let map = map();
        let x86 = X86::new(&map.x86, Release::V11_3);
        let mut late = CpuSpec { model: Some("Late".into()), ..CpuSpec::default() };
        x86.disable_removed(&mut late).unwrap();
        assert_eq!(show(&late), "Late -swap");
        let offered = [CpuModel::named("Plain"), CpuModel::named("Early")];
        let translated = x86.translate(&late, &offered).unwrap().unwrap();
        assert_eq!(show(&translated), "Early +mul +fold -swap");
    }
}
