//! A CPU as a named model with changed features.

/// The policy for a CPU feature, as in the domain format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FeaturePolicy {
    /// Enabled, whether or not the host has it.
    Force,
    /// Enabled; the host must have it.
    Require,
    /// Enabled where the host has it.
    Optional,
    /// Disabled.
    Disable,
    /// Disabled; the host must not have it.
    Forbid,
}

impl FeaturePolicy {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Force, Self::Require, Self::Optional, Self::Disable, Self::Forbid];

    /// The word of the domain format.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Force => "force",
            Self::Require => "require",
            Self::Optional => "optional",
            Self::Disable => "disable",
            Self::Forbid => "forbid",
        }
    }

    /// Whether the guest has the feature; `None` where it depends on the host.
    pub fn enabled(self) -> Option<bool> {
        match self {
            Self::Force | Self::Require => Some(true),
            Self::Disable | Self::Forbid => Some(false),
            Self::Optional => None,
        }
    }
}

/// A CPU as a named model with changed features.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CpuSpec {
    /// The name of the model.
    pub model: Option<String>,
    /// The name of the vendor.
    pub vendor: Option<String>,
    /// The changed features and their policies, in document order.
    pub features: Vec<(String, FeaturePolicy)>,
}

impl CpuSpec {
    /// The CPU of a host: a model, and the features that it has in addition.
    pub fn host<'a>(model: &str, vendor: &str, features: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            model: Some(model.to_owned()),
            vendor: Some(vendor.to_owned()),
            features: features.into_iter().map(|name| (name.to_owned(), FeaturePolicy::Require)).collect(),
        }
    }

    /// Sets the policy of a feature; a feature that is not listed is appended.
    pub fn set(&mut self, name: &str, policy: FeaturePolicy) {
        match self.features.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = policy,
            None => self.features.push((name.to_owned(), policy)),
        }
    }

    /// Appends a feature, unless it is listed.
    pub fn set_if_missing(&mut self, name: &str, policy: FeaturePolicy) {
        if !self.features.iter().any(|(known, _)| known == name) {
            self.features.push((name.to_owned(), policy));
        }
    }
}
