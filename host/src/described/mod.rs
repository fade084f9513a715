//! A host that a file describes, to make command lines for a machine from anywhere.
//!
//! The format is JSON, documented in `docs/host.md`. Each subject is one member with a file of its own here. What the file
//! does not have is not known.

mod devices;
mod error;
mod files;
mod format;
mod networks;
mod other;
mod secrets;
mod storage;

use std::collections::BTreeMap;
use std::fmt;

use virtargv_caps::{Arch, CpuMap};
use virtargv_model::network::Network;
use virtargv_model::pool::StoragePool;

use crate::{Answer, DriverConfig, Host, HostError, Random};

pub(crate) use devices::{Pci, Unit, scsi_key};
pub use error::DescriptionError;
pub(crate) use error::Failure;
pub(crate) use files::File;
pub use format::Description;
pub(crate) use networks::Net;
pub(crate) use secrets::Secret;
pub(crate) use storage::{Pool, StoredVolume};

/// A host that answers with what a [`Description`] says; all else is not known.
///
/// ```
/// use virtargv_host::{DescribedHost, Description, Host, Seeded};
///
/// let text = r#"{
///   "version": 1,
///   "arch": "x86_64",
///   "machine": { "page_size": 4096 },
///   "networks": { "default": { "xml": "<network><bridge name='virbr0'/></network>" } }
/// }"#;
/// let description = Description::parse(text)?;
/// let host = DescribedHost::new(description, Box::new(Seeded::new(1)))?;
/// assert_eq!(host.machine().page_size(), Ok(4096));
/// assert_eq!(host.networks().network("default").unwrap().bridge.as_deref(), Some("virbr0"));
/// assert!(host.networks().network("other").unwrap_err().is_unknown());
/// # Ok::<(), virtargv_host::DescriptionError>(())
/// ```
pub struct DescribedHost {
    told: Description,
    random: Box<dyn Random + Send + Sync>,
    cpu_map: Option<CpuMap>,
    networks: BTreeMap<String, Network>,
    pools: BTreeMap<String, StoragePool>,
}

impl DescribedHost {
    /// The host that `told` describes. A description has no random bytes: they are those of `random`.
    ///
    /// # Errors
    /// The first XML document in the description that cannot be read.
    pub fn new(told: Description, random: Box<dyn Random + Send + Sync>) -> Result<Self, DescriptionError> {
        let cpu_map = match &told.cpu.definitions {
            Some(files) => Some(
                CpuMap::parse(|name| files.get(name).cloned())
                    .map_err(|error| DescriptionError::within("cpu.definitions", error))?,
            ),
            None => None,
        };
        let networks = networks::parse(&told.networks)?;
        let pools = storage::parse(&told.storage)?;
        Ok(Self { told, random, cpu_map, networks, pools })
    }
}

impl fmt::Debug for DescribedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DescribedHost").field("arch", &self.told.arch).finish_non_exhaustive()
    }
}

impl Host for DescribedHost {
    fn config(&self) -> &DriverConfig {
        &self.told.settings
    }

    fn arch(&self) -> Arch {
        self.told.arch
    }

    fn random(&self, buffer: &mut [u8]) {
        self.random.fill(buffer);
    }

    crate::answers_itself!();
}

/// The value that the description has, the reason that it has for there being none, or "not known".
fn told<T>(
    value: Option<T>,
    error: Option<&Failure>,
    what: &'static str,
    name: &str,
    unknown: &'static str,
) -> Answer<T> {
    match (value, error) {
        (Some(value), _) => Ok(value),
        (None, Some(failure)) => Err(failure.error(what, name)),
        (None, None) => Err(HostError::Unknown(unknown)),
    }
}
