//! The CPU models of a QEMU binary, and the expansion of the host's CPU.

use crate::Tristate;

/// Whether the probed host supports a CPU model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Usable {
    /// It is not known.
    #[default]
    Unknown,
    /// The host supports it.
    Yes,
    /// The host does not support it; see [`CpuModel::blockers`].
    No,
}

/// A CPU model under an accelerator (`<cpu>` in a capabilities file).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CpuModel {
    /// The name, such as `Haswell-noTSX`.
    pub name: Box<str>,
    /// The QOM type, such as `Haswell-noTSX-x86_64-cpu`.
    pub typename: Option<Box<str>>,
    /// Whether the host supports it.
    pub usable: Usable,
    /// The features of the model that the host lacks.
    pub blockers: Vec<Box<str>>,
    /// Whether QEMU reports the model as deprecated.
    pub deprecated: bool,
    /// The vendor, where the capabilities file has it.
    pub vendor: Option<Box<str>>,
}

impl CpuModel {
    /// A model with a name only.
    pub fn named(name: impl Into<Box<str>>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// The value of a property of the host's CPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PropertyValue {
    /// A boolean.
    Bool(bool),
    /// A string.
    Text(Box<str>),
    /// A number.
    Number(i64),
}

/// A property of the host's CPU, as QEMU expands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCpuProperty {
    /// The name that QEMU uses.
    pub name: Box<str>,
    /// The value.
    pub value: PropertyValue,
    /// Whether a guest with the property can migrate.
    pub migratable: Tristate,
}

/// The expansion of the host's CPU: the properties of `-cpu host` (or `max` with TCG) under an accelerator (`<hostCPU>`
/// in a capabilities file).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct HostCpu {
    /// The CPU model that the properties are relative to.
    pub model: Box<str>,
    /// Whether it is known which properties block migration.
    pub migratability: bool,
    /// The properties, in the order of the capabilities file.
    pub properties: Vec<HostCpuProperty>,
    /// The features that QEMU reports as deprecated.
    pub deprecated: Vec<Box<str>>,
}

impl HostCpu {
    /// The property `name`.
    pub fn property(&self, name: &str) -> Option<&HostCpuProperty> {
        self.properties.iter().find(|property| &*property.name == name)
    }
}
