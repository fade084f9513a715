//! The host of a real daemon, which a file of ours describes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use virtargv::{Host, HostError, Release};
use virtargv_caps::CpuMap;
use virtargv_host::{
    Accel, Answer, Cpu, DescribedHost, Description, Devices, Networks, PciDevice, Processor, SecretKey,
    SecretUse, Secrets, Seeded, Storage, UsbDevice, Volume,
};
use virtargv_model::device::net::{Actual, NetworkSource};
use virtargv_model::info::PciAddress;
use virtargv_model::network::Network;
use virtargv_model::pool::StoragePool;

use crate::corpus::{cpu_map, read};

/// The value of every secret of a set.
const SECRET: &[u8] = b"AQCVn5hO6HzFAhAAq0NCv8jtJcIcE+HOBlMQ1A";

/// The host of a daemon, and what is not part of its description: the CPU definitions, and the secrets of the set.
pub struct Daemon {
    /// The described host.
    pub host: DescribedHost,
    cpu_map: Option<CpuMap>,
    /// The kind of each secret, by its UUID and its usage.
    secrets: BTreeMap<String, String>,
    /// Names of storage pools that are not active.
    inactive_pools: BTreeSet<String>,
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
        Ok(Self {
            host,
            cpu_map: cpu_map(cpu_models).ok(),
            secrets: BTreeMap::new(),
            inactive_pools: BTreeSet::new(),
        })
    }

    /// The daemon with what the file `fixtures.json` in `set` says is there: its keys are `secret KIND USAGE UUID`, where
    /// the later of two with one usage counts, and `pool NAME`, of which the inactive ones are taken: the volumes of the
    /// others are not there.
    pub fn with_fixtures_of(self, set: &Path) -> Result<Self, String> {
        let path = set.join("fixtures.json");
        let told: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&read(&path)?).map_err(|e| format!("{}: {e}", path.display()))?;
        let named = told.keys().filter_map(|key| {
            let (kind, names) = key.strip_prefix("secret ")?.split_once(' ')?;
            let (usage, uuid) = names.rsplit_once(' ')?;
            Some([(usage.to_owned(), kind.to_owned()), (uuid.to_owned(), kind.to_owned())])
        });
        let secrets = named.flatten().collect();
        let pools =
            told.iter().filter(|(_, state)| state.as_str().is_some_and(|state| state.starts_with("defined")));
        let inactive_pools =
            pools.filter_map(|(key, _)| key.strip_prefix("pool ").map(str::to_owned)).collect();
        Ok(Self { secrets, inactive_pools, ..self })
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
    fn secret(&self, usage: SecretUse, key: SecretKey<'_>) -> Answer<Vec<u8>> {
        let name = match key {
            SecretKey::Usage(usage) => usage.to_owned(),
            SecretKey::Uuid(uuid) => uuid.to_string(),
        };
        match self.secrets.get(&name) {
            Some(kind) if kind == usage.as_str() => Ok(SECRET.to_vec()),
            _ => Err(HostError::not_found("secret", name)),
        }
    }
}

/// What the description of the host does not have is not there.
impl Storage for Daemon {
    fn storage_pool(&self, name: &str) -> Answer<StoragePool> {
        if self.inactive_pools.contains(name) {
            return Err(HostError::Inactive { what: "storage pool", name: name.to_owned() });
        }
        known(self.host.storage().storage_pool(name), || HostError::not_found("storage pool", name))
    }

    fn storage_volume(&self, pool: &str, volume: &str) -> Answer<Volume> {
        known(self.host.storage().storage_volume(pool, volume), || HostError::not_found("volume", volume))
    }
}

/// What the description of the host does not have is not there.
impl Networks for Daemon {
    fn network(&self, name: &str) -> Answer<Network> {
        known(self.host.networks().network(name), || HostError::not_found("network", name))
    }

    fn network_port(&self, source: &NetworkSource) -> Answer<Actual> {
        self.host.networks().network_port(source)
    }
}

/// Of the host's devices, SCSI units are not there.
impl Devices for Daemon {
    fn pci_device(&self, address: &PciAddress) -> Answer<PciDevice> {
        self.host.devices().pci_device(address)
    }

    fn usb_devices(&self) -> Answer<Vec<UsbDevice>> {
        self.host.devices().usb_devices()
    }

    fn scsi_generic(&self, adapter: &str, bus: u32, target: u32, unit: u64) -> Answer<String> {
        let host = adapter.strip_prefix("scsi_host").unwrap_or(adapter);
        let path = format!("/sys/bus/scsi/devices/{host}:{bus}:{target}:{unit}/scsi_generic");
        known(self.host.devices().scsi_generic(adapter, bus, target, unit), || {
            HostError::not_found("directory", path)
        })
    }

    fn render_node(&self) -> Answer<String> {
        self.host.devices().render_node()
    }

    fn vhost_net(&self, accel: Accel) -> Answer<bool> {
        self.host.devices().vhost_net(accel)
    }

    fn vhost_vsock(&self) -> Answer<bool> {
        self.host.devices().vhost_vsock()
    }

    fn vfio(&self) -> Answer<bool> {
        self.host.devices().vfio()
    }

    fn vhost_scsi(&self) -> Answer<bool> {
        self.host.devices().vhost_scsi()
    }

    fn free_vsock_cid(&self) -> Answer<u32> {
        self.host.devices().free_vsock_cid()
    }
}

/// The answer, or `missing` where the host does not know.
fn known<T>(answer: Answer<T>, missing: impl FnOnce() -> HostError) -> Answer<T> {
    answer.map_err(|error| if error.is_unknown() { missing() } else { error })
}
