//! Machine types.

/// A yes or no that may be unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Tristate {
    /// Not said.
    #[default]
    Absent,
    /// Yes.
    Yes,
    /// No.
    No,
}

impl Tristate {
    /// Whether it is a definite yes.
    pub const fn is_yes(self) -> bool {
        matches!(self, Self::Yes)
    }

    /// Whether it is a definite no.
    pub const fn is_no(self) -> bool {
        matches!(self, Self::No)
    }
}

/// One machine type that a QEMU binary offers under one accelerator (`<machine>` in a capabilities file).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Machine {
    /// The versioned name, such as `pc-q35-10.0`.
    pub name: Box<str>,
    /// The name without version that stands for this one, such as `q35`.
    pub alias: Option<Box<str>>,
    /// How many CPUs it takes at most; 0 where not said.
    pub max_cpus: u32,
    /// Whether CPUs can be plugged one by one.
    pub hotplug_cpus: bool,
    /// QOM type of the CPU that it has where none is given, such as `qemu64-x86_64-cpu`.
    pub default_cpu: Option<Box<str>>,
    /// Whether NUMA nodes may still be given by `mem=`.
    pub numa_mem_supported: bool,
    /// Id of its main memory object, such as `pc.ram`.
    pub default_ram_id: Option<Box<str>>,
    /// Whether QEMU warns against using it.
    pub deprecated: bool,
    /// Whether it has ACPI tables.
    pub acpi: Tristate,
    /// Whether it is what QEMU runs where none is given.
    pub is_default: bool,
}

impl Machine {
    /// A machine type of which only the name is known.
    pub fn named(name: impl Into<Box<str>>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}
