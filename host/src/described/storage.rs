//! `storage`: storage pools and their volumes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use virtargv_model::pool::StoragePool;

use super::{DescribedHost, DescriptionError, Failure, told};
use crate::{Answer, HostError, Storage, Volume, VolumeKind};

/// A storage pool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Pool {
    /// Its definition, `<pool>`.
    pub(crate) xml: Option<String>,
    /// Whether it is active; without the member it is.
    pub(crate) active: Option<bool>,
    /// Its volumes by name.
    pub(crate) volumes: BTreeMap<String, StoredVolume>,
    /// Why there is no definition.
    pub(crate) error: Option<Failure>,
}

/// A volume of a pool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoredVolume {
    /// Its kind.
    pub(crate) kind: Option<VolumeKind>,
    /// Its path on the host, or its name on the protocol.
    pub(crate) path: Option<String>,
    /// Why there is none.
    pub(crate) error: Option<Failure>,
}

/// Reads all definitions.
pub(super) fn parse(
    told: &BTreeMap<String, Pool>,
) -> Result<BTreeMap<String, StoragePool>, DescriptionError> {
    let mut pools = BTreeMap::new();
    for (name, pool) in told {
        if let Some(xml) = &pool.xml {
            let place = || format!("storage.{name}.xml");
            let pool = StoragePool::parse(xml).map_err(|report| DescriptionError::within(place(), report))?;
            pools.insert(name.clone(), pool);
        }
    }
    Ok(pools)
}

impl Storage for DescribedHost {
    fn storage_pool(&self, name: &str) -> Answer<StoragePool> {
        const UNKNOWN: &str = "its storage pools";
        let pool = self.told.storage.get(name).ok_or(HostError::Unknown(UNKNOWN))?;
        if pool.active == Some(false) {
            return Err(Failure::Inactive.error("storage pool", name));
        }
        told(self.pools.get(name).cloned(), pool.error.as_ref(), "storage pool", name, UNKNOWN)
    }

    fn storage_volume(&self, pool: &str, volume: &str) -> Answer<Volume> {
        const UNKNOWN: &str = "its storage volumes";
        let pool = self.told.storage.get(pool).ok_or(HostError::Unknown(UNKNOWN))?;
        let found = pool.volumes.get(volume).ok_or(HostError::Unknown(UNKNOWN))?;
        let value = found.kind.zip(found.path.clone()).map(|(kind, path)| Volume { kind, path });
        told(value, found.error.as_ref(), "storage volume", volume, UNKNOWN)
    }
}
