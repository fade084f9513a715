//! Comparing a guest's x86 CPU with the host's.

use super::{CpuSpec, FeaturePolicy, FeatureSet, HostModels, X86};
use crate::{CpuModel, feature_names};

/// The error for a guest's CPU that the host does not support, or for a CPU that cannot be described.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Incompatible {
    /// A model without a definition.
    #[error("there is no CPU model `{0}`")]
    UnknownModel(String),
    /// A feature without a definition.
    #[error("there is no CPU feature `{0}`")]
    UnknownFeature(String),
    /// The host is of another vendor.
    #[error("the CPU of the host is not of vendor `{0}`")]
    Vendor(String),
    /// The host has features with the policy `forbid`.
    #[error("the CPU of the host has forbidden features: {0}")]
    Forbidden(String),
    /// The host lacks required features.
    #[error("the CPU of the host lacks required features: {0}")]
    Missing(String),
    /// The host has additional features, and the match is strict.
    #[error("the CPU of the host has additional features, which a strict match excludes: {0}")]
    Extra(String),
}

/// How the host's CPU relates to a CPU that it supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// The host has the same features.
    Identical,
    /// The host has additional features.
    Superset,
}

impl X86<'_> {
    /// Checks that the host supports a guest's CPU, by the definition of its model; with `strict`, that the host has no
    /// additional features.
    ///
    /// # Errors
    /// What the host lacks or has in excess.
    pub fn compare(self, host: &HostModels, guest: &CpuSpec, strict: bool) -> Result<Relation, Incompatible> {
        if let Some(vendor) = &guest.vendor
            && host.reported.vendor.as_ref() != Some(vendor)
        {
            return Err(Incompatible::Vendor(vendor.clone()));
        }
        let available = self.available(host)?;
        let mut forbidden = self.with_policy(guest, FeaturePolicy::Forbid)?;
        forbidden.intersect(&available);
        if !forbidden.is_empty() {
            return Err(Incompatible::Forbidden(self.names(&forbidden)));
        }
        let mut required = self.with_policy(guest, FeaturePolicy::Require)?;
        let mut settled = FeatureSet::default();
        for policy in [FeaturePolicy::Force, FeaturePolicy::Optional, FeaturePolicy::Disable] {
            settled.add(&self.with_policy(guest, policy)?);
        }
        required.subtract(&settled);
        let mut missing = required.clone();
        missing.subtract(&available);
        if !missing.is_empty() {
            return Err(Incompatible::Missing(self.names(&missing)));
        }
        let mut extra = available;
        extra.subtract(&required);
        extra.subtract(&settled);
        if let Some(name) = &guest.model {
            extra.subtract(&self.model(name)?.added);
        }
        match extra.is_empty() {
            true => Ok(Relation::Identical),
            false if strict => Err(Incompatible::Extra(self.names(&extra))),
            false => Ok(Relation::Superset),
        }
    }

    /// Checks that the host supports a guest's CPU, where QEMU decides about its model: the host lacks the blockers of
    /// QEMU's model that the guest does not disable, and the features that the guest requires and the host does not have.
    ///
    /// # Errors
    /// What the host lacks.
    pub fn compare_offered(
        self,
        host: &HostModels,
        guest: &CpuSpec,
        offered: &CpuModel,
    ) -> Result<(), Incompatible> {
        let available = self.available(host)?;
        let with = |wanted| guest.features.iter().filter(move |(_, policy)| *policy == wanted);
        let is_off = |name: &str| with(FeaturePolicy::Disable).any(|(known, _)| known == name);
        let blockers = offered.blockers.iter().map(|blocker| feature_names::from_qemu(blocker));
        let mut missing: Vec<&str> = blockers.filter(|name| !is_off(name)).collect();
        for (name, _) in with(FeaturePolicy::Require) {
            let id = self.feature(name).ok_or_else(|| Incompatible::UnknownFeature(name.clone()))?;
            if !available.has(id) && !missing.contains(&name.as_str()) {
                missing.push(name);
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(Incompatible::Missing(missing.join(", "))) }
    }

    /// The first feature that a guest forbids and QEMU reports of the host.
    pub fn first_forbidden<'g>(
        self,
        host: &HostModels,
        guest: &'g CpuSpec,
    ) -> Result<Option<&'g str>, Incompatible> {
        let reported = self.data(&host.reported)?.features;
        let mut forbidden = guest.features.iter().filter(|(_, policy)| *policy == FeaturePolicy::Forbid);
        let found = forbidden.find(|(name, _)| self.feature(name).is_some_and(|id| reported.has(id)));
        Ok(found.map(|(name, _)| name.as_str()))
    }

    /// The features of the host: those of its hardware, and those that the accelerator emulates.
    fn available(self, host: &HostModels) -> Result<FeatureSet, Incompatible> {
        let mut available = self.data(&host.full)?.features;
        available.add(&self.data(&host.reported)?.features);
        Ok(available)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::map;
    use super::*;
    use crate::Release;

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
        // What was added to the model does not count, unless the guest asks for it.
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
}
