//! The x86 CPU that runs on all of some hosts.

use super::x86::CpuData;
use super::{CpuSpec, FeatureSet, Incompatible, X86};
use crate::CpuModel;

/// What a baseline may consist of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Within<'a> {
    /// The models that can describe it; `None` for all that are defined.
    pub models: Option<&'a [CpuModel]>,
    /// The names of the features that it can have; `None` for all that are defined.
    pub features: Option<&'a [&'a str]>,
    /// Whether features beyond the model that block migration are left out, by the definitions.
    pub migratable: bool,
}

/// Why some CPUs have no baseline. Indices are those of the CPUs, from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoBaseline {
    /// No CPU was given.
    #[error("there is no CPU")]
    NoCpu,
    /// A model or feature is not defined.
    #[error("{1}")]
    Unknown(usize, Incompatible),
    /// A vendor is not defined.
    #[error("CPU vendor `{1}` is not defined")]
    UnknownVendor(usize, String),
    /// The model is of another vendor than the CPU.
    #[error("`<vendor>` is `{given}`, but the model `{model}` is of `{own}`")]
    VendorOfModel {
        /// The CPU.
        index: usize,
        /// Its model.
        model: String,
        /// The vendor of the model.
        own: String,
        /// The vendor of the CPU.
        given: String,
    },
    /// Two CPUs are of different vendors.
    #[error("this CPU is of vendor `{found}`, those before it are of `{before}`")]
    Vendors {
        /// The later one.
        index: usize,
        /// Its vendor.
        found: String,
        /// The vendor of those before it.
        before: String,
    },
    /// The CPUs have no feature in common.
    #[error("the CPUs have no feature in common")]
    Disjoint,
    /// No model can describe what they have in common.
    #[error("no CPU model of this QEMU can describe what the CPUs have in common")]
    NoModel,
}

impl NoBaseline {
    /// The index of the CPU that is the reason, where it is one.
    pub fn index(&self) -> Option<usize> {
        match self {
            Self::Unknown(index, _)
            | Self::UnknownVendor(index, _)
            | Self::VendorOfModel { index, .. }
            | Self::Vendors { index, .. } => Some(*index),
            Self::NoCpu | Self::Disjoint | Self::NoModel => None,
        }
    }
}

impl<'a> X86<'a> {
    /// The CPU with the features that all of `cpus` have, within what `within` allows. It has a vendor where each of them
    /// names one. The model that all name describes it if it is allowed, else the closest one.
    /// # Errors
    /// Why there is none.
    ///
    /// ```
    /// use virtargv_caps::{CpuMap, CpuSpec, Release, Within, X86};
    ///
    /// let map = CpuMap::parse(|name| Some(match name {
    ///     "index.xml" => "<cpus><arch name='x86'><include filename='all.xml'/></arch></cpus>",
    ///     _ => "<cpus><vendor name='Acme' string='AcmeAcmeAcme'/>
    ///         <feature name='add'><cpuid eax_in='1' edx='1'/></feature>
    ///         <feature name='sub'><cpuid eax_in='1' edx='2'/></feature>
    ///         <model name='Early'><feature name='add'/></model>
    ///         <model name='Late'><feature name='add'/><feature name='sub'/></model></cpus>",
    /// }.to_owned()))?;
    /// let cpu = |model| CpuSpec::host(model, "Acme", []);
    /// let x86 = X86::new(map.x86(), Release::V12_9);
    /// let both = x86.baseline(&[cpu("Late"), cpu("Early")], Within::default())?;
    /// assert_eq!(both, CpuSpec::host("Early", "Acme", []));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn baseline(self, cpus: &[CpuSpec], within: Within<'_>) -> Result<CpuSpec, NoBaseline> {
        let mut common: Option<FeatureSet> = None;
        let mut vendor: Option<&str> = None;
        let mut preferred: Vec<&str> = Vec::new();
        for (index, cpu) in cpus.iter().enumerate() {
            let data = self.data(cpu).map_err(|why| NoBaseline::Unknown(index, why))?;
            // libvirt does not look at the vendor of the first one's model.
            let own = data.vendor.as_deref().filter(|_| index > 0);
            vendor = self.common_vendor(index, cpu, own, vendor)?;
            if let Some(name) = cpu.model.as_deref().filter(|name| !preferred.contains(name)) {
                preferred.push(name);
            }
            match &mut common {
                None => common = Some(data.features),
                Some(common) => common.intersect(&data.features),
            }
        }
        let mut features = common.ok_or(NoBaseline::NoCpu)?;
        if let Some(names) = within.features {
            let mut known = FeatureSet::default();
            names.iter().filter_map(|name| self.feature(name)).for_each(|id| known.insert(id));
            features.intersect(&known);
        }
        if features.is_empty() {
            return Err(NoBaseline::Disjoint);
        }
        let data = CpuData { features, vendor: vendor.map(Box::from), signature: None };
        let mut found = self.closest(&data, within.models, &preferred).ok_or(NoBaseline::NoModel)?;
        if within.migratable {
            found.features.retain(|(name, _)| self.is_migratable(name));
        }
        if cpus.iter().any(|cpu| cpu.vendor.is_none()) {
            found.vendor = None;
        }
        Ok(found)
    }

    /// The vendor of the CPUs up to this one, whose model is of vendor `own`, where those before are of `before`.
    fn common_vendor<'v>(
        self,
        index: usize,
        cpu: &'v CpuSpec,
        own: Option<&str>,
        before: Option<&'v str>,
    ) -> Result<Option<&'v str>, NoBaseline>
    where
        'a: 'v,
    {
        if let (Some(given), Some(own)) = (&cpu.vendor, own)
            && given != own
        {
            let (own, given) = (own.to_owned(), given.clone());
            let model = cpu.model.clone().unwrap_or_default();
            return Err(NoBaseline::VendorOfModel { index, model, own, given });
        }
        let own = own.and_then(|own| self.definitions.vendors().iter().find(|known| *known.name == *own));
        let Some(found) = cpu.vendor.as_deref().or(own.map(|own| &*own.name)) else { return Ok(before) };
        match before {
            Some(before) if before != found => {
                let (found, before) = (found.to_owned(), before.to_owned());
                Err(NoBaseline::Vendors { index, found, before })
            }
            None if !self.has_vendor(found) => Err(NoBaseline::UnknownVendor(index, found.to_owned())),
            _ => Ok(Some(found)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CpuMap, FeaturePolicy, Release};

    const FEATURES: &str =
        "<cpus><vendor name='Acme' string='AcmeAcmeAcme'/><vendor name='Zeta' string='ZetaZetaZeta'/>
        <feature name='add'><cpuid eax_in='1' edx='1'/></feature>
        <feature name='sub'><cpuid eax_in='1' edx='2'/></feature>
        <feature name='mul'><cpuid eax_in='7' ebx='1'/></feature>
        <feature name='div'><cpuid eax_in='7' ebx='2'/></feature>
        <feature name='fold'><cpuid eax_in='7' ebx='4'/></feature>
        <feature name='log'><cpuid eax_in='7' ebx='8'/></feature>
        <feature name='tick' migratable='no'><cpuid eax_in='0x80000007' edx='0x100'/></feature></cpus>";
    const MODELS: &str = "<cpus><model name='Plain'><feature name='add'/></model>
        <model name='Early'><vendor name='Acme'/><feature name='add'/><feature name='sub'/></model>
        <model name='Late'><model name='Early'/><feature name='mul'/><feature name='fold' added='yes'/></model>
        <model name='Late-v2'><decode host='on' guest='off'/><model name='Late'/><feature name='div'/></model>
        <model name='Wide'><model name='Plain'/><feature name='mul'/><feature name='div'/><feature name='tick'/>
          <feature name='log'/></model>
        <model name='Other'><vendor name='Zeta'/><feature name='add'/></model></cpus>";

    /// A CPU as `model/vendor +required -disabled ?optional`.
    fn cpu(text: &str) -> CpuSpec {
        let mut words = text.split(' ');
        let (model, vendor) = words.next().unwrap().split_once('/').unwrap();
        let mut cpu = CpuSpec { model: Some(model.to_owned()), ..CpuSpec::default() };
        cpu.vendor = Some(vendor.to_owned()).filter(|vendor| !vendor.is_empty());
        for word in words {
            let policy = match &word[..1] {
                "+" => FeaturePolicy::Require,
                "-" => FeaturePolicy::Disable,
                _ => FeaturePolicy::Optional,
            };
            cpu.set(&word[1..], policy);
        }
        cpu
    }

    fn show(cpu: &CpuSpec) -> String {
        let mut text =
            format!("{}/{}", cpu.model.as_deref().unwrap(), cpu.vendor.as_deref().unwrap_or_default());
        for (name, policy) in &cpu.features {
            text += if *policy == FeaturePolicy::Require { " +" } else { " -" };
            text += name;
        }
        text
    }

    fn check_within(cpus: &[&str], within: Within<'_>, expected: &str) {
        let map = CpuMap::parse(|name| {
            let text = match name {
                "index.xml" => {
                    "<cpus><arch name='x86'><include filename='f'/><include filename='m'/></arch></cpus>"
                }
                "f" => FEATURES,
                _ => MODELS,
            };
            Some(text.to_owned())
        })
        .unwrap();
        let cpus: Vec<CpuSpec> = cpus.iter().map(|text| cpu(text)).collect();
        let found = X86::new(map.x86(), Release::V12_9).baseline(&cpus, within);
        let shown = found.map_or_else(|why| why.to_string(), |cpu| show(&cpu));
        assert_eq!(shown, expected, "{cpus:?}");
    }

    fn check(cpus: &[&str], expected: &str) {
        check_within(cpus, Within::default(), expected);
    }

    #[test]
    fn what_all_cpus_have_is_described_by_the_closest_model() {
        check(&["Early/Acme", "Late/Acme"], "Early/Acme");
        check(&["Late/Acme +div", "Late/Acme +div +tick"], "Late/Acme +div");
        check(&["Late/Acme +div", "Early/Acme +div"], "Early/Acme +div");
        // A model that all name describes them, whatever has to be disabled.
        check(&["Late/Acme -mul -sub", "Late/Acme -mul -sub"], "Late/Acme -sub -mul");
        // Of several models that are named, the one with less to disable is taken.
        check(&["Wide/ -log", "Early/ -sub +mul +div +tick"], "Wide/ -log");
        check(&["Wide/ -log", "Plain/ +mul +div +tick"], "Plain/ +mul +div +tick");
        // A version of a model does not describe guests' CPUs.
        check(&["Late-v2/Acme"], "Late/Acme +div");
        check(&["Early/Acme ?mul", "Late/Acme"], "Early/Acme");
    }

    #[test]
    fn what_was_added_to_a_model_later_is_not_relied_on() {
        check(&["Late/Acme", "Late/Acme"], "Late/Acme");
        check(&["Late/Acme +fold", "Late/Acme"], "Late/Acme");
        check(&["Late/Acme +fold", "Early/Acme +mul +fold"], "Late/Acme +fold");
    }

    #[test]
    fn a_vendor_is_common_and_named_by_all() {
        check(&["Early/Acme", "Late/"], "Early/");
        check(&["Plain/", "Early/Acme"], "Plain/");
        check(&["Plain/Acme", "Other/"], "this CPU is of vendor `Zeta`, those before it are of `Acme`");
        check(&["Plain/Acme", "Plain/Zeta"], "this CPU is of vendor `Zeta`, those before it are of `Acme`");
        check(&["Plain/", "Early/Zeta"], "`<vendor>` is `Zeta`, but the model `Early` is of `Acme`");
        check(&["Plain/Nobody"], "CPU vendor `Nobody` is not defined");
        // The model of the first CPU is not asked for its vendor.
        check(&["Other/Acme", "Early/"], "Plain/");
    }

    #[test]
    fn the_hypervisor_limits_what_there_can_be() {
        let models = ["Plain", "Early"].map(CpuModel::named);
        let mut blocked = CpuModel::named("Late");
        blocked.blockers = vec!["div".into()];
        let within = Within { models: Some(&models), ..Within::default() };
        check_within(&["Late/Acme"], within, "Early/Acme +mul");
        check_within(
            &["Late/Acme"],
            Within { models: Some(&[blocked]), ..Within::default() },
            "Late/Acme -div",
        );
        check_within(
            &["Late/Acme"],
            Within { models: Some(&[]), ..Within::default() },
            "no CPU model of this QEMU can describe what the CPUs have in common",
        );
        let features = Within { features: Some(&["add", "mul", "unheard-of"]), ..Within::default() };
        check_within(&["Late/Acme", "Late/Acme +tick"], features, "Late/Acme -sub");
        let migratable = Within { migratable: true, ..Within::default() };
        check_within(&["Early/Acme +tick"], migratable, "Early/Acme");
        check_within(&["Early/Acme +tick"], Within::default(), "Early/Acme +tick");
    }

    #[test]
    fn cpus_without_a_baseline_are_told() {
        check(&[], "there is no CPU");
        check(&["Early/", "Never/"], "there is no CPU model `Never`");
        check(&["Early/ +never"], "there is no CPU feature `never`");
        check(&["Plain/", "Early/ -add"], "the CPUs have no feature in common");
    }
}
