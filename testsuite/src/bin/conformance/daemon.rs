//! The host of a real daemon, which a file of ours describes.

use std::collections::BTreeSet;
use std::path::Path;

use virtargv::{HostError, Release};
use virtargv_caps::CpuMap;
use virtargv_host::{
    Answer, Cpu, DescribedHost, Description, Processor, SecretKey, SecretUse, Secrets, Seeded,
};

use crate::corpus::{cpu_map, read};

/// The value of every secret of a set.
const SECRET: &[u8] = b"AQCVn5hO6HzFAhAAq0NCv8jtJcIcE+HOBlMQ1A";

/// The host of a daemon, and what is not part of its description: the CPU definitions, and the secrets of the set.
pub struct Daemon {
    /// The described host.
    pub host: DescribedHost,
    cpu_map: Option<CpuMap>,
    /// UUIDs and usages of secrets.
    secrets: BTreeSet<String>,
}

impl Daemon {
    /// The host of the daemon of `release`, with the CPU definitions in `cpu_models`.
    pub fn load(release: Release, cpu_models: &Path) -> Result<Self, String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("hosts/live-{release}.json"));
        Self::described(&path, cpu_models)
    }

    /// The host that the file at `path` describes, with the CPU definitions in `cpu_models`.
    pub fn described(path: &Path, cpu_models: &Path) -> Result<Self, String> {
        let description = Description::parse(&read(path)?).map_err(|e| format!("{}: {e}", path.display()))?;
        let host = DescribedHost::new(description, Box::new(Seeded::new(1)))
            .map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Self { host, cpu_map: cpu_map(cpu_models).ok(), secrets: BTreeSet::new() })
    }

    /// The daemon with the secrets that the file `fixtures.json` in `set` says are there: its keys are `secret KIND USAGE
    /// UUID`.
    pub fn with_secrets_of(self, set: &Path) -> Result<Self, String> {
        let path = set.join("fixtures.json");
        let told: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&read(&path)?).map_err(|e| format!("{}: {e}", path.display()))?;
        let named = told.keys().filter_map(|key| {
            let (_, names) = key.strip_prefix("secret ")?.split_once(' ')?;
            names.rsplit_once(' ')
        });
        let secrets = named.flat_map(|(usage, uuid)| [usage.to_owned(), uuid.to_owned()]).collect();
        Ok(Self { secrets, ..self })
    }
}

impl Cpu for Daemon {
    fn processor(&self) -> Answer<&Processor> {
        Err(HostError::Unknown("its CPU"))
    }

    fn cpu_map(&self) -> Answer<&CpuMap> {
        self.cpu_map.as_ref().ok_or(HostError::Unknown("the definitions of CPU models"))
    }
}

impl Secrets for Daemon {
    fn secret(&self, _: SecretUse, key: SecretKey<'_>) -> Answer<Vec<u8>> {
        let name = match key {
            SecretKey::Usage(usage) => usage.to_owned(),
            SecretKey::Uuid(uuid) => uuid.to_string(),
        };
        let found = self.secrets.contains(&name).then(|| SECRET.to_vec());
        found.ok_or_else(|| HostError::not_found("secret", name))
    }
}
