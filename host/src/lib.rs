//! The host of a guest: the questions that a QEMU command line depends on, and hosts that answer them.
//!
//! No stage reads a file, a clock or the network: it asks a [`Host`]. A few questions every host must answer; the
//! others belong to a subject ([`Files`], [`Storage`], [`Networks`], [`Secrets`] and others) and have the default
//! answer "not known", so that a host implements only the subjects it knows:
//!
//! ```
//! use virtargv_host::{Answer, Arch, DriverConfig, Host, HostError, SecretKey, SecretUse, Secrets, Storage};
//!
//! #[derive(Default)]
//! struct Launcher {
//!     config: DriverConfig,
//! }
//!
//! impl Host for Launcher {
//!     fn config(&self) -> &DriverConfig {
//!         &self.config
//!     }
//!
//!     fn arch(&self) -> Arch {
//!         Arch::X86_64
//!     }
//!
//!     fn random(&self, buffer: &mut [u8]) {
//!         buffer.fill(4); // a real host asks its source of random bytes
//!     }
//!
//!     fn secrets(&self) -> &dyn Secrets {
//!         self
//!     }
//! }
//!
//! impl Secrets for Launcher {
//!     fn secret(&self, _: SecretUse, key: SecretKey<'_>) -> Answer<Vec<u8>> {
//!         match key {
//!             SecretKey::Usage("disks") => Ok(b"open sesame".to_vec()),
//!             SecretKey::Usage(_) | SecretKey::Uuid(_) => Err(HostError::not_found("secret", key.to_string())),
//!         }
//!     }
//! }
//!
//! let host = Launcher::default();
//! assert!(host.secrets().secret(SecretUse::Volume, SecretKey::Usage("disks")).is_ok());
//! assert!(host.storage().storage_pool("images").unwrap_err().is_unknown());
//! ```
//!
//! [`FixedHost`] answers with given values (tests, planning for another machine), [`Override`] replaces answers of
//! another host, `DescribedHost` (feature `described`) answers with what a JSON file says, and `SystemHost` of the crate `virtargv-system` reads the state of the machine it runs on.

mod answer;
mod config;
mod cpu;
#[cfg(feature = "described")]
mod described;
mod descriptor;
mod device;
mod fact;
mod file;
mod fixed;
pub mod image;
mod over;
mod port;
mod random;
#[cfg(feature = "described")]
mod record;
mod request;
mod secret;
mod storage;
mod subject;

pub use answer::{Answer, HostError};
pub use config::{ConfHost, ConfProblem, DriverConfig, Hugetlbfs};
pub use cpu::{Processor, SevGuests, Tsc};
#[cfg(feature = "described")]
pub use described::{DescribedHost, Description, DescriptionError};
pub use descriptor::{Descriptor, DescriptorGroup, Descriptors, FreeDescriptors, Joins};
pub use device::{PciDevice, UsbDevice};
pub use fact::Fact;
pub use file::{FileKind, FileStat, simplified};
pub use fixed::FixedHost;
pub use over::Override;
pub use port::PortPurpose;
pub use random::{Random, Seeded};
#[cfg(feature = "described")]
pub use record::Recorder;
pub use request::{DomainId, Incoming, MasterKey, ReadOptions, Request, Runner, StartOptions};
pub use secret::{SecretKey, SecretLookup, SecretUse};
pub use storage::{Volume, VolumeKind, VolumeLookup};
pub use subject::{Cpu, Devices, Files, Machine, Networks, Numa, Secrets, Services, Storage};
pub use virtargv_caps::{Accel, Arch, CpuMap};
pub use virtargv_model::Uuid;

/// The machine that a guest is to run on. The required methods are what every host knows; other questions are grouped
/// by subject.
///
/// No method may change the state of the host, and no answer may change while a command line is made.
pub trait Host {
    /// The driver's settings (`qemu.conf`).
    fn config(&self) -> &DriverConfig;

    /// The architecture of the host's CPU.
    fn arch(&self) -> Arch;

    /// Fills `buffer` with random bytes.
    fn random(&self, buffer: &mut [u8]);

    /// The machine and the driver's process on it.
    fn machine(&self) -> &dyn Machine {
        &NotKnown
    }

    /// Files.
    fn files(&self) -> &dyn Files {
        &NotKnown
    }

    /// The CPU.
    fn cpu(&self) -> &dyn Cpu {
        &NotKnown
    }

    /// NUMA nodes.
    fn numa(&self) -> &dyn Numa {
        &NotKnown
    }

    /// Devices of the host.
    fn devices(&self) -> &dyn Devices {
        &NotKnown
    }

    /// Storage pools and volumes.
    fn storage(&self) -> &dyn Storage {
        &NotKnown
    }

    /// Virtual networks.
    fn networks(&self) -> &dyn Networks {
        &NotKnown
    }

    /// Secrets.
    fn secrets(&self) -> &dyn Secrets {
        &NotKnown
    }

    /// Helper programs.
    fn services(&self) -> &dyn Services {
        &NotKnown
    }

    /// The numbers of descriptors that are passed to QEMU.
    fn descriptors(&self) -> &dyn Descriptors {
        &FreeDescriptors
    }
}

/// Answers every question with "not known".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NotKnown;

/// Inside `impl Host`, for a type that implements the trait of every subject itself: the accessors of the subjects.
#[macro_export]
macro_rules! answers_itself {
    () => {
        fn machine(&self) -> &dyn $crate::Machine {
            self
        }

        fn files(&self) -> &dyn $crate::Files {
            self
        }

        fn cpu(&self) -> &dyn $crate::Cpu {
            self
        }

        fn numa(&self) -> &dyn $crate::Numa {
            self
        }

        fn devices(&self) -> &dyn $crate::Devices {
            self
        }

        fn storage(&self) -> &dyn $crate::Storage {
            self
        }

        fn networks(&self) -> &dyn $crate::Networks {
            self
        }

        fn secrets(&self) -> &dyn $crate::Secrets {
            self
        }

        fn services(&self) -> &dyn $crate::Services {
            self
        }
    };
}

/// A random number below 2^`bits`, made of the host's random bytes.
pub fn random_bits(host: &dyn Host, bits: u32) -> u64 {
    let mut buffer = [0; 8];
    host.random(&mut buffer);
    let number = u64::from_le_bytes(buffer);
    if bits >= 64 { number } else { number & ((1 << bits) - 1) }
}
