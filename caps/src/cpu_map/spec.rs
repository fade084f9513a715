//! A CPU as a named model and what is changed about it.

/// What is asked of one feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FeaturePolicy {
    /// On, whatever the host has.
    Force,
    /// On; the host must have it.
    Require,
    /// On where the host has it.
    Optional,
    /// Off.
    Disable,
    /// Off; the host must not have it.
    Forbid,
}

impl FeaturePolicy {
    /// Whether the guest has the feature: `None` where that is left to the host.
    pub fn enabled(self) -> Option<bool> {
        match self {
            Self::Force | Self::Require => Some(true),
            Self::Disable | Self::Forbid => Some(false),
            Self::Optional => None,
        }
    }
}

/// A CPU as a named model and what is changed about it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CpuSpec {
    /// Name of the model.
    pub model: Option<String>,
    /// Name of the vendor.
    pub vendor: Option<String>,
    /// Changed features in order.
    pub features: Vec<(String, FeaturePolicy)>,
}

impl CpuSpec {
    /// A host's CPU: a model and what it has on top.
    pub fn host<'a>(model: &str, vendor: &str, features: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            model: Some(model.to_owned()),
            vendor: Some(vendor.to_owned()),
            features: features.into_iter().map(|name| (name.to_owned(), FeaturePolicy::Require)).collect(),
        }
    }

    /// Sets the policy of a feature, adding it at the end where it is not there.
    pub fn set(&mut self, name: &str, policy: FeaturePolicy) {
        match self.features.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = policy,
            None => self.features.push((name.to_owned(), policy)),
        }
    }

    /// Adds a feature at the end where it is not there.
    pub fn set_if_missing(&mut self, name: &str, policy: FeaturePolicy) {
        if !self.features.iter().any(|(known, _)| known == name) {
            self.features.push((name.to_owned(), policy));
        }
    }
}
