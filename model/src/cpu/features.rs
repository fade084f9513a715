//! `<cpu><feature>`.

use super::{Cpu, CpuMode};
use crate::read::{El, Reader};
use crate::{Class, Pos};

crate::rules! {
    /// A custom CPU with `<feature>` names a `<model>`.
    CPU_FEATURES_WITHOUT_MODEL = "cpu-features-without-model": Xml, Read,
        "`<cpu><feature>` changes the features of a CPU model",
        help "add `<model>`, or use `mode='host-model'` or `mode='host-passthrough'`";
    /// A CPU names each feature once.
    CPU_FEATURE_TWICE = "cpu-feature-twice": Xml, Read, "`<cpu><feature name=>`: one policy for each feature",
        help "keep one `<feature>` of that name";
}

spelled! {
    /// The policy for a CPU feature (`<feature policy=>`).
    pub enum FeaturePolicy {
        /// Enabled, whether or not the host has it.
        Force = "force",
        /// Enabled; the host must have it.
        Require = "require",
        /// Enabled where the host has it.
        Optional = "optional",
        /// Disabled.
        Disable = "disable",
        /// Disabled; the host must not have it.
        Forbid = "forbid",
    }
}

/// `<cpu><feature>`.
#[derive(Debug, Clone, PartialEq)]
pub struct CpuFeature {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `name=`: as in libvirt's CPU model definitions.
    pub name: String,
    /// `policy=`; without it, `require`.
    pub policy: FeaturePolicy,
}

impl Cpu {
    pub(super) fn read_features(&mut self, el: El<'_>, r: &mut Reader) {
        let mut seen = std::collections::HashMap::new();
        for feature in el.children("feature") {
            let is_custom = self.mode == Some(CpuMode::Custom) || el.get("mode").is_none();
            // A vendor without a model is reported already.
            if self.model.name.is_none() && is_custom && self.vendor.is_none() && seen.is_empty() {
                let message = "`<feature>` needs a CPU model, and `<model>` names none";
                r.refuse(&CPU_FEATURES_WITHOUT_MODEL, feature.pos(), message);
            }
            let policy = match feature.get("policy") {
                None => FeaturePolicy::Require,
                Some(_) => match r.attr_as(Class::Unsupported, feature, "policy") {
                    Some(policy) => policy,
                    None => continue,
                },
            };
            let Some(name) = feature.get("name").filter(|name| !name.is_empty()) else {
                let message = "`<feature>` has no `name=`";
                r.refuse(&crate::read::ATTRIBUTE_MISSING, feature.pos(), message);
                continue;
            };
            if let Some(first) = seen.insert(name, feature.pos()) {
                let message = format!("CPU feature `{name}` is given more than once in `<cpu>`");
                let message = crate::Message::new(message).with_first(first);
                r.refuse(&CPU_FEATURE_TWICE, feature.pos(), message);
                continue;
            }
            self.features.push(CpuFeature { pos: feature.pos(), name: name.to_owned(), policy });
        }
    }
}
