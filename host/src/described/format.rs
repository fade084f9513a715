//! The description as a whole: reading and writing it, and the members that are only data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use virtargv_caps::Arch;

use super::devices::DeviceFacts;
use super::files::File;
use super::networks::Net;
use super::secrets::Secret;
use super::storage::Pool;
use super::{DescriptionError, Failure};
use crate::{DriverConfig, Processor, SevGuests, Tsc};

/// The version of the format that is read and written.
const VERSION: u32 = 1;

/// What is known of a host, as a file has it: JSON in the format of `docs/host.md`, version 1. A
/// [`DescribedHost`](super::DescribedHost) answers with it, and a [`Recorder`](crate::Recorder) makes one of another host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    version: u32,
    #[serde(with = "arch")]
    pub(crate) arch: Arch,
    #[serde(default)]
    pub(crate) settings: DriverConfig,
    #[serde(default)]
    pub(crate) machine: MachineFacts,
    #[serde(default)]
    pub(crate) files: BTreeMap<String, File>,
    #[serde(default)]
    pub(crate) cpu: CpuFacts,
    #[serde(default)]
    pub(crate) numa: NumaFacts,
    #[serde(default)]
    pub(crate) devices: DeviceFacts,
    #[serde(default)]
    pub(crate) storage: BTreeMap<String, Pool>,
    #[serde(default)]
    pub(crate) networks: BTreeMap<String, Net>,
    #[serde(default)]
    pub(crate) secrets: Vec<Secret>,
    #[serde(default)]
    pub(crate) services: ServiceFacts,
}

/// `machine`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MachineFacts {
    pub(crate) now: Option<i64>,
    pub(crate) utc_offset: Option<i64>,
    pub(crate) page_size: Option<u64>,
    pub(crate) fips: Option<bool>,
    /// The variables that are set.
    pub(crate) env: BTreeMap<String, String>,
    /// The variables that are known not to be set.
    pub(crate) unset_env: std::collections::BTreeSet<String>,
    /// Whether nothing listens on a TCP port.
    pub(crate) free_ports: BTreeMap<u16, bool>,
    /// The paths of QEMU binaries, by the names of architectures.
    pub(crate) emulators: BTreeMap<String, String>,
}

/// `cpu`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CpuFacts {
    pub(crate) processor: Option<Processor>,
    pub(crate) tsc: Option<Tsc>,
    pub(crate) phys_addr_bits: Option<u32>,
    pub(crate) kvm_max_vcpus: Option<u32>,
    pub(crate) sev_guests: Option<SevGuests>,
    /// The texts of `index.xml` and of the files that it includes, by name.
    pub(crate) definitions: Option<BTreeMap<String, String>>,
}

/// `numa`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NumaFacts {
    pub(crate) nodes: Option<Vec<u32>>,
    pub(crate) advice: Option<Vec<u32>>,
    /// The node of each CPU.
    pub(crate) node_of_cpu: BTreeMap<u32, u32>,
}

/// `services`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServiceFacts {
    /// Whether swtpm emulates a version.
    pub(crate) tpm_versions: BTreeMap<String, bool>,
    /// The sockets of emulated TPMs, by the short names of domains.
    pub(crate) tpm_sockets: BTreeMap<String, String>,
    /// Whether nbdkit has a plugin.
    pub(crate) nbdkit_plugins: BTreeMap<String, bool>,
    pub(crate) slirp_helper: Option<bool>,
    pub(crate) qemu_rdp: Option<bool>,
}

impl Description {
    /// A host of this architecture and with these settings, of which nothing else is known.
    pub fn new(arch: Arch, settings: DriverConfig) -> Self {
        Self {
            version: VERSION,
            arch,
            settings,
            machine: MachineFacts::default(),
            files: BTreeMap::new(),
            cpu: CpuFacts::default(),
            numa: NumaFacts::default(),
            devices: DeviceFacts::default(),
            storage: BTreeMap::new(),
            networks: BTreeMap::new(),
            secrets: Vec::new(),
            services: ServiceFacts::default(),
        }
    }

    /// Reads a description.
    ///
    /// # Errors
    /// The first problem, with its place: text that is not JSON, a key that the format does not have, another version.
    pub fn parse(text: &str) -> Result<Self, DescriptionError> {
        let description: Self = serde_json::from_str(text).map_err(|error| DescriptionError::of(&error))?;
        if description.version != VERSION {
            return Err(DescriptionError::Version(description.version));
        }
        Ok(description)
    }

    /// The description as a file, without what is not known.
    pub fn to_json(&self) -> String {
        // All keys are texts or numbers, so that nothing here can fail.
        let mut value = serde_json::to_value(self).unwrap_or_default();
        drop_unknown(&mut value);
        format!("{value:#}\n")
    }

    /// Gives the texts of libvirt's CPU definitions: `index.xml` and the files that it includes, by name.
    pub fn define_cpus(&mut self, files: BTreeMap<String, String>) {
        self.cpu.definitions = Some(files);
    }

    /// Whether it has CPU definitions.
    pub fn defines_cpus(&self) -> bool {
        self.cpu.definitions.is_some()
    }

    /// Takes away all values of secrets: what is left says which there are not. Returns what was taken away.
    pub fn drop_secrets(&mut self) -> Vec<String> {
        let mut dropped = Vec::new();
        self.secrets.retain(|secret| secret.value.is_none());
        for (name, value) in [
            ("vnc_password", &mut self.settings.vnc_password),
            ("spice_password", &mut self.settings.spice_password),
        ] {
            if value.take().is_some() {
                dropped.push(name.to_owned());
            }
        }
        dropped
    }

    /// Notes why there is nothing at `path`.
    pub(crate) fn fail_file(&mut self, path: &str, failure: Failure) {
        self.files.entry(path.to_owned()).or_default().error.get_or_insert(failure);
    }
}

/// Removes members that are null or an empty object: they say nothing.
fn drop_unknown(value: &mut Value) {
    match value {
        Value::Object(members) => {
            // A setting that is null is not set, which is not its default.
            members
                .iter_mut()
                .filter(|(key, _)| *key != "settings")
                .for_each(|(_, value)| drop_unknown(value));
            members.retain(|_, value| match value {
                Value::Null => false,
                Value::Object(members) => !members.is_empty(),
                _ => true,
            });
        }
        Value::Array(items) => items.iter_mut().for_each(drop_unknown),
        _ => {}
    }
}

/// Architectures by name.
mod arch {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use virtargv_caps::Arch;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
    pub(super) fn serialize<S: Serializer>(arch: &Arch, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(arch.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arch, D::Error> {
        let name = String::deserialize(from)?;
        name.parse().map_err(|_| D::Error::custom(format!("`{name}` is no architecture")))
    }
}
