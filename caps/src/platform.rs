//! What a host offers through QEMU besides CPUs and machines: interrupt controllers, enclaves, enlightenments.

/// Version of ARM's generic interrupt controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GicVersion {
    /// The host's own (`gic-version=host`).
    Host,
    /// Version 2.
    V2,
    /// Version 3.
    V3,
}

impl GicVersion {
    /// The spelling in the domain format.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::V2 => "2",
            Self::V3 => "3",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Host, Self::V2, Self::V3].into_iter().find(|version| version.name() == name)
    }
}

/// One interrupt controller on offer (`<gic>` in a capabilities file).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gic {
    /// Which version.
    pub version: GicVersion,
    /// Whether the kernel provides it.
    pub kernel: bool,
    /// Whether QEMU emulates it.
    pub emulated: bool,
}

/// AMD's memory encryption (`<sev>` in a capabilities file).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sev {
    /// Bit in a page table entry that marks an encrypted page.
    pub cbitpos: u32,
    /// Physical address bits lost to encryption.
    pub reduced_phys_bits: u32,
    /// Platform Diffie-Hellman key, base64.
    pub pdh: Box<str>,
    /// Certificate chain, base64.
    pub cert_chain: Box<str>,
    /// Id of the first CPU, base64.
    pub cpu0_id: Option<Box<str>>,
}

/// One section of enclave memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SgxSection {
    /// Host NUMA node.
    pub node: u32,
    /// Size in KiB.
    pub size_kib: u64,
}

/// Intel's enclaves (`<sgx>` in a capabilities file).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sgx {
    /// Flexible launch control.
    pub flc: bool,
    /// SGX version 1.
    pub sgx1: bool,
    /// SGX version 2.
    pub sgx2: bool,
    /// Size of all sections in KiB.
    pub section_size_kib: u64,
    /// The sections by node.
    pub sections: Vec<SgxSection>,
}

/// Hyper-V enlightenments that the host offers (`<hypervCapabilities>` in a capabilities file).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Hyperv {
    /// The features by the domain format's names.
    pub features: Vec<Box<str>>,
}

impl Hyperv {
    /// Whether `name` is on offer.
    pub fn has(&self, name: &str) -> bool {
        self.features.iter().any(|feature| &**feature == name)
    }
}
