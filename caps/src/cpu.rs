//! CPU models that a QEMU binary offers, and what it makes of the host's CPU.

use crate::Tristate;

/// Whether a CPU model can run on the host that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Usable {
    /// Nobody asked.
    #[default]
    Unknown,
    /// It can.
    Yes,
    /// It cannot; see [`CpuModel::blockers`].
    No,
}

/// One CPU model under one accelerator (`<cpu>` in a capabilities file).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CpuModel {
    /// The name, such as `Haswell-noTSX`.
    pub name: Box<str>,
    /// Its QOM type, such as `Haswell-noTSX-x86_64-cpu`.
    pub typename: Option<Box<str>>,
    /// Whether it runs on the host.
    pub usable: Usable,
    /// Features that the host lacks for it.
    pub blockers: Vec<Box<str>>,
    /// Whether QEMU warns against using it.
    pub deprecated: bool,
    /// Who makes it, where the file says so.
    pub vendor: Option<Box<str>>,
}

impl CpuModel {
    /// A model of which only the name is known.
    pub fn named(name: impl Into<Box<str>>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// Value of one property of the host CPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PropertyValue {
    /// A switch.
    Bool(bool),
    /// A text.
    Text(Box<str>),
    /// A number.
    Number(i64),
}

/// One property of the host CPU as QEMU expands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCpuProperty {
    /// QEMU's name for it.
    pub name: Box<str>,
    /// What it is set to.
    pub value: PropertyValue,
    /// Whether a guest that has it can still migrate.
    pub migratable: Tristate,
}

/// What QEMU makes of `-cpu host` (or `max`) under one accelerator (`<hostCPU>` in a capabilities file).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct HostCpu {
    /// The model that the properties build on.
    pub model: Box<str>,
    /// Whether the properties say which of them block migration.
    pub migratability: bool,
    /// The properties, in the order of the file.
    pub properties: Vec<HostCpuProperty>,
    /// Features that QEMU advises against.
    pub deprecated: Vec<Box<str>>,
}

impl HostCpu {
    /// The property called `name`.
    pub fn property(&self, name: &str) -> Option<&HostCpuProperty> {
        self.properties.iter().find(|property| &*property.name == name)
    }
}
