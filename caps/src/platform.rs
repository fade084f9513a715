//! Host features that QEMU reports besides CPUs and machine types: interrupt controllers, memory encryption, enclaves
//! and enlightenments.

use crate::{CpuidLeaf, Tristate};

/// The version of the Arm Generic Interrupt Controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GicVersion {
    /// The version of the host (`gic-version=host`).
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

/// A supported interrupt controller (`<gic>` in a capabilities file).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gic {
    /// The version.
    pub version: GicVersion,
    /// Whether KVM provides it.
    pub kernel: bool,
    /// Whether QEMU emulates it.
    pub emulated: bool,
}

/// AMD SEV (`<sev>` in a capabilities file).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sev {
    /// The bit of a page table entry that marks an encrypted page.
    pub cbitpos: u32,
    /// The number of physical address bits that encryption takes.
    pub reduced_phys_bits: u32,
    /// The platform Diffie-Hellman key, in base64.
    pub pdh: Box<str>,
    /// The certificate chain, in base64.
    pub cert_chain: Box<str>,
    /// The id of the first CPU, in base64.
    pub cpu0_id: Option<Box<str>>,
}

/// A section of the enclave page cache of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SgxSection {
    /// The host NUMA node.
    pub node: u32,
    /// Size in KiB.
    pub size_kib: u64,
}

/// Intel SGX (`<sgx>` in a capabilities file).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Sgx {
    /// Flexible launch control.
    pub flc: bool,
    /// SGX version 1.
    pub sgx1: bool,
    /// SGX version 2.
    pub sgx2: bool,
    /// The size of all sections in KiB.
    pub section_size_kib: u64,
    /// The sections.
    pub sections: Vec<SgxSection>,
}

/// The Hyper-V enlightenments that the host supports (`<hypervCapabilities>` in a capabilities file).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Hyperv {
    /// The names of the enlightenments in the domain format.
    pub features: Vec<Box<str>>,
    /// Whether the host has direct synthetic timers (`<stimer_direct>`).
    pub stimer_direct: Tristate,
    /// Whether the host has direct TLB flushes, for nested guests (`<tlbflush_direct>`).
    pub tlbflush_direct: Tristate,
    /// Whether the host has TLB flushes of ranges (`<tlbflush_extended>`).
    pub tlbflush_extended: Tristate,
}

impl Hyperv {
    /// Whether the host supports the enlightenment `name`.
    pub fn has(&self, name: &str) -> bool {
        self.features.iter().any(|feature| &**feature == name)
    }
}

/// The host on which a QEMU that can use KVM was probed. What QEMU answers depends on it. The default is "not known".
#[derive(Clone, Debug, PartialEq, Eq, Default, Hash)]
pub struct ProbedOn {
    /// The version of the CPU's microcode, 0 where it is not known (`<microcodeVersion>` in a capabilities file).
    pub microcode_version: u64,
    /// Vendor, name, family, model and stepping of the CPU (`<hostCPUSignature>`).
    pub signature: Option<Box<str>>,
    /// Release and version of the kernel (`<kernelVersion>`).
    pub kernel_version: Option<Box<str>>,
    /// The CPUID that KVM can give to guests, sorted, without empty leaves (`<cpudata>`).
    pub cpuid: Vec<CpuidLeaf>,
}
