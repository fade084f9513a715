//! What a QEMU command line needs to know of the machine it is for, behind one trait.
//!
//! Nothing in the line from document to arguments touches a file, a clock or the network: it asks a [`Host`].
//! [`FixedHost`] answers with given values (tests, embedding, planning for another machine); the `virtargv` crate has a
//! `SystemHost` that looks at this machine.
//!
//! ```
//! use virtargv_host::{FixedHost, Host};
//! let host = FixedHost { now: 1_234_567_890, ..FixedHost::default() };
//! assert_eq!(host.now(), 1_234_567_890);
//! assert!(host.config().lib_dir.starts_with('/'));
//! ```

mod config;
mod descriptor;
mod fixed;
mod interop;
mod service;

pub use config::{DriverConfig, Hugetlbfs};
pub use descriptor::{Descriptor, Descriptors, FreeDescriptors, Joins};
pub use fixed::FixedHost;
pub use interop::interop_files;
pub use service::{Processor, SecretKey, SecretUse, Volume, VolumeKind};

use virtargv_caps::{Accel, Arch, CpuMap};

/// A PCI device of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PciDevice {
    /// Whether it is a PCI Express device.
    pub express: bool,
    /// The IOMMU group that it is in.
    pub iommu_group: Option<u32>,
}

/// Why the host could not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// What was asked for does not exist.
    #[error("{what} '{name}' was not found")]
    NotFound {
        /// What it is, such as `storage pool`.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// It exists, but not in a state in which it can be used.
    #[error("{what} '{name}' is not active")]
    Inactive {
        /// What it is.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Something else went wrong.
    #[error("{0}")]
    Failed(String),
}

/// Answers questions about the machine. Every method has to be free of side effects that matter to anybody else.
///
/// Answers must not change while a domain is worked on.
pub trait Host {
    /// The driver's settings (`qemu.conf`).
    fn config(&self) -> &DriverConfig;

    /// The architecture of the host's CPU.
    fn arch(&self) -> Arch;

    /// Seconds since 1970-01-01 UTC.
    fn now(&self) -> i64;

    /// How far local time is ahead of UTC, in seconds.
    fn utc_offset(&self) -> i64;

    /// Fills `buffer` with random bytes.
    fn random(&self, buffer: &mut [u8]);

    /// The value of an environment variable of the driver.
    fn env(&self, name: &str) -> Option<String>;

    /// The size of a memory page in bytes.
    fn page_size(&self) -> u64 {
        4096
    }

    /// The path of the QEMU binary for `arch`, where there is one.
    fn emulator(&self, arch: Arch) -> Option<String>;

    /// What is known of descriptors before a line is made.
    fn descriptors(&self) -> &dyn Descriptors {
        &FreeDescriptors
    }

    /// What is known of a PCI device of the host, by its address in the form `0000:01:00.0`.
    fn pci_device(&self, address: &str) -> Option<PciDevice>;

    /// The text of the file at `path`, where there is one and it is text.
    fn read_text(&self, path: &str) -> Option<String>;

    /// The names in the folder `path`, sorted; empty where there is no such folder.
    fn list(&self, path: &str) -> Vec<String>;

    /// Whether something is at `path`.
    fn exists(&self, path: &str) -> bool;

    /// The host's CPU, where it is known.
    fn cpu(&self) -> Option<&Processor>;

    /// The definitions of CPU models.
    fn cpu_map(&self) -> &CpuMap;

    /// Whether the host's kernel is in FIPS mode.
    fn fips(&self) -> bool;

    /// Whether user networking goes through a slirp helper process.
    fn slirp_helper(&self) -> bool;

    /// A vsock address that no other guest has.
    fn free_vsock_cid(&self) -> Result<u32, HostError>;

    /// Whether swtpm emulates a TPM of `version` (`1.2`, `2.0`).
    fn emulates_tpm(&self, _version: &str) -> bool {
        true
    }

    /// The socket at which the emulated TPM of `domain` (a short name) listens.
    fn tpm_emulator_socket(&self, domain: &str) -> String {
        format!("{}/swtpm/{domain}-swtpm.sock", self.config().state_dir)
    }

    /// Whether nbdkit with this plugin (`curl`, `ssh`) is there.
    fn nbdkit_plugin(&self, name: &str) -> bool;

    /// What a vhost-user helper prints for `--print-capabilities` (JSON).
    fn helper_capabilities(&self, binary: &str) -> Option<String>;

    /// The host's NUMA nodes.
    fn numa_nodes(&self) -> Vec<u32>;

    /// The NUMA nodes that automatic placement advises.
    fn numa_advice(&self) -> Vec<u32>;

    /// The NUMA node that a CPU of the host belongs to.
    fn numa_node_of_cpu(&self, cpu: u32) -> Option<u32> {
        let name = format!("cpu{cpu}");
        let has = |node: &u32| self.list(&format!("/sys/devices/system/node/node{node}")).contains(&name);
        self.numa_nodes().into_iter().find(has)
    }

    /// Whether the device at `path` is a CD-ROM drive.
    fn is_cdrom(&self, path: &str) -> bool;

    /// Whether the kernel moves the packets of guests that `accel` runs (vhost-net).
    fn vhost_net(&self, accel: Accel) -> bool {
        accel == Accel::Kvm
    }

    /// A DRM render node, where the host has one.
    fn render_node(&self) -> Option<String>;

    /// The generic device (`sg0`) of a SCSI unit at adapter, bus, target and unit.
    fn scsi_generic(&self, adapter: &str, bus: u32, target: u32, unit: u64) -> Result<String, HostError>;

    /// The definition (XML) of an active storage pool.
    fn storage_pool(&self, name: &str) -> Result<String, HostError>;

    /// A volume of a storage pool.
    fn storage_volume(&self, pool: &str, volume: &str) -> Result<Volume, HostError>;

    /// The definition (XML) of a network.
    fn network(&self, name: &str) -> Result<String, HostError>;

    /// The port (XML) that the network of that name made for the domain's interface.
    fn network_port(&self, network: &str) -> Result<String, HostError>;

    /// The value of a secret.
    fn secret(&self, usage: SecretUse, key: SecretKey<'_>) -> Result<Vec<u8>, HostError>;
}

/// A random number below 2^`bits`, made of the host's random bytes.
pub fn random_bits(host: &dyn Host, bits: u32) -> u64 {
    let mut buffer = [0; 8];
    host.random(&mut buffer);
    let number = u64::from_le_bytes(buffer);
    if bits >= 64 { number } else { number & ((1 << bits) - 1) }
}
