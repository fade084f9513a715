//! Describing an x86 CPU by the closest named model.

use std::collections::HashMap;

use super::x86::CpuData;
use super::{CpuModelDef, CpuSpec, FeatureId, FeaturePolicy, Incompatible, X86};
use crate::{Convention, CpuModel};

/// A model that can describe a CPU, with the features to be enabled and disabled.
struct Candidate<'a> {
    model: &'a CpuModelDef,
    enabled: Vec<FeatureId>,
    disabled: Vec<FeatureId>,
}

impl<'a> X86<'a> {
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

    /// The name of the closest model of which the CPU of a host has all features, and the names of the features beyond it.
    pub(super) fn host_model(self, data: &mut CpuData) -> Option<(&'a str, Vec<&'a str>)> {
        self.drop_broken_tsx(data);
        let vendor = data.vendor.as_deref();
        let mut best: Option<Candidate<'_>> = None;
        for model in self.definitions.models.iter().rev().filter(|model| model.decode_host) {
            if matches!((vendor, model.vendor.as_deref()), (Some(vendor), Some(own)) if vendor != own) {
                continue;
            }
            let own = self.features(model);
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
    use super::super::sample::{map, show};
    use super::*;
    use crate::Release;

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
        assert_eq!(v11(&["add", "sub"], Some((6, 2, 3))), "Late -mul -swap");
        // What was added to a model is listed, and not disabled where the CPU lacks it.
        assert_eq!(v11(&["add", "sub", "mul", "fold"], Some((6, 2, 3))), "Late +fold -swap");
        assert_eq!(v11(&["add", "sub"], Some((6, 2, 4))), "Early");
        assert_eq!(decode(Release::V7_0, &["add", "sub", "mul"], None), "Late");
        // Earlier definitions list edx before ecx.
        assert_eq!(decode(Release::V11_3, &["tick"], None), "Plain +tick -add");
        assert_eq!(decode(Release::V7_0, &["tick"], Some((6, 1, 0))), "Early +tick -sub -add");
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
        assert_eq!(show(&translated), "Early +mul -swap");
    }
}
