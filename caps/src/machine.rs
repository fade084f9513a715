//! Machine types and machine aliases.

/// Yes, no, or not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Tristate {
    /// Not known.
    #[default]
    Absent,
    /// Yes.
    Yes,
    /// No.
    No,
}

impl Tristate {
    /// Whether it is known to be yes.
    pub const fn is_yes(self) -> bool {
        matches!(self, Self::Yes)
    }

    /// Whether it is known to be no.
    pub const fn is_no(self) -> bool {
        matches!(self, Self::No)
    }
}

impl From<bool> for Tristate {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// A machine type of a QEMU binary under an accelerator (`<machine>` in a capabilities file).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Machine {
    /// The name, such as `pc-q35-10.0`.
    pub name: Box<str>,
    /// The machine alias that stands for this machine type, such as `q35`.
    pub alias: Option<Box<str>>,
    /// The largest number of vCPUs; 0 where it is not known.
    pub max_cpus: u32,
    /// Whether single vCPUs can be hotplugged.
    pub hotplug_cpus: bool,
    /// The QOM type of the default CPU, such as `qemu64-x86_64-cpu`.
    pub default_cpu: Option<Box<str>>,
    /// Whether `-numa node` supports `mem=`.
    pub numa_mem_supported: bool,
    /// The id of the main memory object, such as `pc.ram`.
    pub default_ram_id: Option<Box<str>>,
    /// Whether QEMU reports the machine type as deprecated.
    pub deprecated: bool,
    /// Whether it has ACPI tables.
    pub acpi: Tristate,
    /// Whether it is the default machine type of QEMU.
    pub is_default: bool,
}

impl Machine {
    /// A machine type with a name only.
    pub fn named(name: impl Into<Box<str>>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}
