//! What an x86 CPU reports about itself, and the model that describes it.

use super::x86::CpuData;
use super::{CpuSpec, FeatureBits, FeatureId, FeaturePolicy, FeatureSet, X86};

/// The registers that the CPUID instruction returns for a leaf and a subleaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CpuidLeaf {
    /// The leaf (`eax` on entry).
    pub leaf: u32,
    /// The subleaf (`ecx` on entry).
    pub subleaf: u32,
    /// `eax`, `ebx`, `ecx`, `edx`.
    pub registers: [u32; 4],
}

/// What an x86 CPU reports about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CpuReport {
    /// The leaves of CPUID.
    pub leaves: Vec<CpuidLeaf>,
    /// Model-specific registers: number and value.
    pub msrs: Vec<(u32, u64)>,
}

impl CpuReport {
    /// The registers of a leaf.
    fn registers(&self, leaf: u32, subleaf: u32) -> Option<[u32; 4]> {
        let found = self.leaves.iter().find(|known| known.leaf == leaf && known.subleaf == subleaf);
        found.map(|known| known.registers)
    }

    /// Whether all of `bits` are set.
    pub fn has(&self, bits: &FeatureBits) -> bool {
        match *bits {
            FeatureBits::Cpuid { leaf, subleaf, registers: wanted } => {
                self.registers(leaf, subleaf).is_some_and(|found| {
                    found.iter().zip(wanted).all(|(found, wanted)| found & wanted == wanted)
                })
            }
            FeatureBits::Msr { index, bits } => {
                self.msrs.iter().any(|(number, value)| *number == index && value & bits == bits)
            }
        }
    }

    /// The vendor id, such as `GenuineIntel`.
    pub fn vendor_id(&self) -> Option<String> {
        let [_, ebx, ecx, edx] = self.registers(0, 0)?;
        let bytes: Vec<u8> = [ebx, edx, ecx].into_iter().flat_map(u32::to_le_bytes).collect();
        String::from_utf8(bytes).ok()
    }

    /// Family, model and stepping.
    fn signature(&self) -> Option<(u32, u32, u32)> {
        let [eax, ..] = self.registers(1, 0)?;
        let family = ((eax >> 20) & 0xff) + ((eax >> 8) & 0xf);
        let model = ((eax >> 12) & 0xf0) + ((eax >> 4) & 0xf);
        Some((family, model, eax & 0xf))
    }
}

impl X86<'_> {
    /// Describes the CPU of a host by the closest model of which it has all features, as `virsh capabilities` does, with
    /// its features beyond the model. `None` where it lacks features of every model.
    pub fn describe_host(self, report: &CpuReport) -> Option<CpuSpec> {
        let mut data = CpuData {
            vendor: report.vendor_id().and_then(|id| self.vendor_of(&id)),
            signature: report.signature(),
            features: FeatureSet::default(),
        };
        for (id, feature) in (0..FeatureId::MAX).zip(self.definitions.features()) {
            if !feature.bits.is_empty() && feature.bits.iter().all(|bits| report.has(bits)) {
                data.features.insert(id);
            }
        }
        let (model, features) = self.host_model(&mut data)?;
        let features = features.into_iter().map(|name| (name.to_owned(), FeaturePolicy::Require)).collect();
        Some(CpuSpec { model: Some(model.to_owned()), vendor: data.vendor.map(String::from), features })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CpuMap, Release};

    const FEATURES: &str = "<cpus><vendor name='Acme' string='AcmeAcmeAcme'/>
        <feature name='add'><cpuid eax_in='0x1' edx='0x1'/></feature>
        <feature name='sub'><cpuid eax_in='0x1' edx='0x2'/></feature>
        <feature name='mul'><cpuid eax_in='0x7' ecx_in='0x1' ebx='0x4'/></feature>
        <feature name='safe'><msr index='0x10a' edx='0x0' eax='0x1'/></feature></cpus>";
    const MODELS: &str = "<cpus><model name='Plain'><feature name='add'/></model>
        <model name='Other'><decode host='off' guest='on'/><feature name='add'/><feature name='sub'/></model>
        <model name='Signed'><signature family='25' model='17'/><feature name='add'/><feature name='mul' added='yes'/></model>
        </cpus>";

    fn check(leaves: &[(u32, u32, [u32; 4])], msrs: &[(u32, u64)], expected: Option<&str>) {
        let file = |name: &str| {
            let text = match name {
                "index.xml" => {
                    "<cpus><arch name='x86'><include filename='f'/><include filename='m'/></arch></cpus>"
                }
                "f" => FEATURES,
                "m" => MODELS,
                _ => return None,
            };
            Some(text.to_owned())
        };
        let map = CpuMap::parse(file).unwrap();
        let leaves = leaves.iter().map(|&(leaf, subleaf, registers)| CpuidLeaf { leaf, subleaf, registers });
        let report = CpuReport { leaves: leaves.collect(), msrs: msrs.to_vec() };
        let host = X86::new(&map.x86, Release::V11_3).describe_host(&report);
        let shown = host.map(|host| {
            let features: Vec<&str> = host.features.iter().map(|(name, _)| name.as_str()).collect();
            format!("{:?} {} {}", host.vendor, host.model.unwrap_or_default(), features.join(" "))
        });
        assert_eq!(shown.as_deref(), expected);
    }

    #[test]
    fn a_host_is_described_by_a_model_that_it_has_all_features_of() {
        let vendor = (
            0,
            0,
            [0, u32::from_le_bytes(*b"Acme"), u32::from_le_bytes(*b"Acme"), u32::from_le_bytes(*b"Acme")],
        );
        check(&[vendor, (1, 0, [0, 0, 0, 1])], &[], Some("Some(\"Acme\") Signed "));
        check(&[(1, 0, [0, 0, 0, 3])], &[(0x10a, 3)], Some("None Signed sub safe"));
        check(&[(1, 0, [0, 0, 0, 3])], &[(0x10a, 2)], Some("None Signed sub"));
        check(&[(1, 0, [0x00a1_0f11, 0, 0, 3]), (7, 1, [0, 4, 0, 0])], &[], Some("None Signed sub mul"));
        check(&[(1, 0, [0, 0, 0, 2])], &[], None);
        check(&[], &[], None);
    }
}
