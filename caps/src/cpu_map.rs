//! CPU model definitions: which features a named model has, and what follows from that.
//!
//! The definitions themselves are no part of this crate: [`CpuMap::parse`] reads them in the reference's form, an
//! `index.xml` and the files it includes.

mod host;
mod parse;
mod spec;
mod x86;

use std::collections::HashMap;

use crate::Arch;

pub use host::{HostModels, is_native, is_passed_on};
pub use spec::{CpuSpec, FeaturePolicy};
pub use x86::{Incompatible, X86};

/// CPU model definitions of every architecture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CpuMap {
    pub(crate) x86: CpuDefinitions,
    pub(crate) ppc64: CpuDefinitions,
    pub(crate) arm: CpuDefinitions,
}

impl CpuMap {
    /// The definitions for guests of `arch`, where there are any.
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

    /// The model of that name.
    pub fn model(&self, name: &str) -> Option<&CpuModelDef> {
        self.models.get(*self.model_by_name.get(name)?)
    }

    /// The features, in the order of their file.
    pub fn features(&self) -> &[CpuFeatureDef] {
        &self.features
    }

    /// The feature of that name.
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

/// Position of a feature in its definitions.
type FeatureId = u16;

/// Who makes CPUs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuVendor {
    /// Name in the domain format, such as `Intel`.
    pub name: Box<str>,
    /// What the CPU says of itself, such as `GenuineIntel`; a number on ARM.
    pub string: Option<Box<str>>,
}

/// One feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuFeatureDef {
    /// Name in the domain format.
    pub name: Box<str>,
    /// Whether a guest that has it can still migrate.
    pub migratable: bool,
    /// Where the CPU shows it (x86).
    pub bits: Vec<FeatureBits>,
}

/// Where an x86 CPU shows a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureBits {
    /// In what the CPUID instruction returns.
    Cpuid {
        /// Leaf (`eax` on entry).
        leaf: u32,
        /// Sub-leaf (`ecx` on entry).
        subleaf: u32,
        /// Bits of `eax`, `ebx`, `ecx`, `edx`.
        registers: [u32; 4],
    },
    /// In a model specific register.
    Msr {
        /// Number of the register.
        index: u32,
        /// Its bits.
        bits: u64,
    },
}

/// Family, model and steppings of a CPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Display family.
    pub family: u32,
    /// Display model.
    pub model: u32,
    /// One bit a stepping, 0 to 15.
    pub steppings: u16,
}

/// A processor version number and which of its bits count (POWER), or a part number (ARM).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pvr {
    /// The number.
    pub value: u32,
    /// The bits that count.
    pub mask: u32,
}

/// One named CPU model.
#[derive(Clone, Debug, PartialEq)]
pub struct CpuModelDef {
    /// Name in the domain format.
    pub name: Box<str>,
    /// Name of its vendor.
    pub vendor: Option<Box<str>>,
    /// Real CPUs that are this model.
    pub signatures: Vec<Signature>,
    /// Its numbers on POWER and ARM.
    pub pvrs: Vec<Pvr>,
    /// Whether a host CPU may be called by this name.
    pub decode_host: bool,
    /// Whether a guest CPU may be turned into this name.
    pub decode_guest: bool,
    /// Whether `check='partial'` holds it against these definitions, not against QEMU's.
    pub partial_check: bool,
    /// Its features.
    pub(crate) features: FeatureSet,
    /// Those of its features that were added to the definition later.
    pub(crate) added: FeatureSet,
    /// Features that were taken out of the definition later.
    pub(crate) removed: Vec<FeatureId>,
}

/// A set of features of one family.
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

/// Why a set of definitions cannot be used.
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
