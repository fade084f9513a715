//! libvirt's CPU model definitions: the features of named models, and comparing and translating CPUs by them.
//!
//! The definitions are not part of this crate: [`CpuMap::parse`] reads them in libvirt's form, an `index.xml` and the
//! files that it includes.

mod baseline;
mod closest;
mod compare;
mod cpuid;
mod expand;
mod host;
mod parse;
#[cfg(test)]
mod sample;
mod spec;
mod x86;

use std::collections::HashMap;

use crate::Arch;

pub use baseline::{NoBaseline, Within};
pub use compare::{Incompatible, Relation};
pub use cpuid::{CpuReport, CpuidLeaf};
pub use host::{HostModels, is_native, is_passed_on};
pub use spec::{CpuSpec, FeaturePolicy};
pub use x86::X86;

/// CPU model definitions of every architecture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CpuMap {
    pub(crate) x86: CpuDefinitions,
    pub(crate) ppc64: CpuDefinitions,
    pub(crate) arm: CpuDefinitions,
}

impl CpuMap {
    /// The definitions for x86.
    pub fn x86(&self) -> &CpuDefinitions {
        &self.x86
    }

    /// The definitions for `arch`, where there are any.
    pub fn of(&self, arch: Arch) -> Option<&CpuDefinitions> {
        match arch {
            _ if arch.is_x86() => Some(&self.x86),
            _ if arch.is_ppc64() => Some(&self.ppc64),
            _ if arch.is_arm() => Some(&self.arm),
            _ => None,
        }
    }
}

/// CPU model definitions of one family of architectures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CpuDefinitions {
    vendors: Vec<CpuVendor>,
    features: Vec<CpuFeatureDef>,
    feature_by_name: HashMap<Box<str>, FeatureId>,
    models: Vec<CpuModelDef>,
    model_by_name: HashMap<Box<str>, usize>,
}

impl CpuDefinitions {
    /// The models, in the order of the index.
    pub fn models(&self) -> &[CpuModelDef] {
        &self.models
    }

    /// The model `name`.
    pub fn model(&self, name: &str) -> Option<&CpuModelDef> {
        self.models.get(*self.model_by_name.get(name)?)
    }

    /// The features, in the order of their file.
    pub fn features(&self) -> &[CpuFeatureDef] {
        &self.features
    }

    /// The feature `name`.
    pub fn feature(&self, name: &str) -> Option<&CpuFeatureDef> {
        self.features.get(usize::from(*self.feature_by_name.get(name)?))
    }

    /// The vendors.
    pub fn vendors(&self) -> &[CpuVendor] {
        &self.vendors
    }

    fn feature_id(&self, name: &str) -> Option<FeatureId> {
        self.feature_by_name.get(name).copied()
    }
}

/// The index of a feature in its definitions.
type FeatureId = u16;

/// A vendor of CPUs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuVendor {
    /// The name in the domain format, such as `Intel`.
    pub name: Box<str>,
    /// The vendor id that CPUs report, such as `GenuineIntel`; a number on Arm.
    pub string: Option<Box<str>>,
}

/// The definition of a CPU feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuFeatureDef {
    /// The name in the domain format.
    pub name: Box<str>,
    /// Whether a guest with the feature can migrate.
    pub migratable: bool,
    /// The CPUID or MSR bits that report it (x86).
    pub bits: Vec<FeatureBits>,
}

/// The bits by which an x86 CPU reports a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureBits {
    /// Bits that the CPUID instruction returns.
    Cpuid {
        /// The leaf (`eax` on entry).
        leaf: u32,
        /// The subleaf (`ecx` on entry).
        subleaf: u32,
        /// The bits of `eax`, `ebx`, `ecx`, `edx`.
        registers: [u32; 4],
    },
    /// Bits of a model-specific register.
    Msr {
        /// The number of the register.
        index: u32,
        /// The bits.
        bits: u64,
    },
}

/// The family, model and steppings of CPUs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The display family.
    pub family: u32,
    /// The display model.
    pub model: u32,
    /// A bit for each stepping, 0 to 15.
    pub steppings: u16,
}

/// A processor version number with a mask (POWER), or a part number (Arm).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pvr {
    /// The number.
    pub value: u32,
    /// The bits that are compared.
    pub mask: u32,
}

/// The definition of a named CPU model.
#[derive(Clone, Debug, PartialEq)]
pub struct CpuModelDef {
    /// The name in the domain format.
    pub name: Box<str>,
    /// The model that its definition starts from, such as `EPYC` of `EPYC-v1`.
    pub base: Option<Box<str>>,
    /// The name of the vendor.
    pub vendor: Option<Box<str>>,
    /// The physical CPUs of this model.
    pub signatures: Vec<Signature>,
    /// The numbers of the physical CPUs on POWER and Arm.
    pub pvrs: Vec<Pvr>,
    /// Whether the host's CPU can be described by this model.
    pub decode_host: bool,
    /// Whether a guest's CPU can be described by this model.
    pub decode_guest: bool,
    /// The versioned model that this one is another name of, as `Broadwell-v1` for `Broadwell`.
    pub canonical: Option<Box<str>>,
    /// Whether `check='partial'` compares the host's CPU with this definition, rather than with QEMU's.
    pub partial_check: bool,
    /// The features, without those of `added`.
    pub(crate) features: FeatureSet,
    /// The features marked `added='yes'`: QEMU's model has always had them, but libvirt came to know them after it had
    /// defined the model. They are no part of it: a CPU that has one lists it, and a host need not have it.
    pub(crate) added: FeatureSet,
    /// The features marked `removed='yes'`: a version of libvirt removed them from the definition.
    pub(crate) removed: Vec<FeatureId>,
}

/// A set of features of one [`CpuDefinitions`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FeatureSet(Vec<u64>);

impl FeatureSet {
    pub(crate) fn insert(&mut self, id: FeatureId) {
        let word = usize::from(id / 64);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << (id % 64);
        }
    }

    pub(crate) fn remove(&mut self, id: FeatureId) {
        if let Some(word) = self.0.get_mut(usize::from(id / 64)) {
            *word &= !(1 << (id % 64));
        }
    }

    pub(crate) fn has(&self, id: FeatureId) -> bool {
        self.0.get(usize::from(id / 64)).is_some_and(|word| word & (1 << (id % 64)) != 0)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= !other;
        }
    }

    pub(crate) fn intersect(&mut self, other: &Self) {
        for (n, word) in self.0.iter_mut().enumerate() {
            *word &= other.0.get(n).copied().unwrap_or(0);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
}

/// The error for definitions that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct CpuMapError {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}
