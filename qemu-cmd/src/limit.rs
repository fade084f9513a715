//! The resources of QEMU's process that libvirt limits.

/// A resource of a process that the kernel limits (`setrlimit`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Resource {
    /// Memory that cannot be swapped out, in bytes.
    LockedMemory,
    /// The size of a core dump, in bytes.
    CoreSize,
    /// Open files.
    OpenFiles,
    /// Processes of the user.
    Processes,
}

impl Resource {
    /// Its name, as in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LockedMemory => "locked-memory",
            Self::CoreSize => "core-size",
            Self::OpenFiles => "open-files",
            Self::Processes => "processes",
        }
    }

    /// Its name for `setrlimit`.
    pub const fn rlimit(self) -> &'static str {
        match self {
            Self::LockedMemory => "RLIMIT_MEMLOCK",
            Self::CoreSize => "RLIMIT_CORE",
            Self::OpenFiles => "RLIMIT_NOFILE",
            Self::Processes => "RLIMIT_NPROC",
        }
    }

    /// What is counted, for people.
    pub(crate) const fn counted(self) -> &'static str {
        match self {
            Self::LockedMemory => "bytes of locked memory",
            Self::CoreSize => "bytes of core dumps",
            Self::OpenFiles => "open files",
            Self::Processes => "processes of QEMU's user",
        }
    }

    /// Its name for people.
    pub(crate) const fn phrase(self) -> &'static str {
        match self {
            Self::LockedMemory => "locked memory",
            Self::CoreSize => "core dumps",
            Self::OpenFiles => "open files",
            Self::Processes => "processes of QEMU's user",
        }
    }
}
