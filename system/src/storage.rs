//! Storage pools, and volumes of those whose volumes have paths on this machine.

use std::fs;
use std::os::unix::fs::FileTypeExt as _;

use virtargv_host::{Answer, HostError, Storage, Volume, VolumeKind};
use virtargv_model::pool::{PoolType, StoragePool};

use crate::SystemHost;
use crate::root::{from_io, is_file_name};

/// What messages call a volume.
const VOLUME: &str = "storage volume";

/// The directory with links to block devices by how they are connected.
const BY_PATH: &str = "/dev/disk/by-path";

impl Storage for SystemHost {
    fn storage_pool(&self, name: &str) -> Answer<StoragePool> {
        self.directories.pools.active(&self.root, name, StoragePool::parse)
    }

    fn storage_volume(&self, pool: &str, volume: &str) -> Answer<Volume> {
        let definition = self.storage_pool(pool)?;
        // A name of the document must not leave the directory.
        if !is_file_name(volume) {
            return Err(HostError::not_found(VOLUME, volume));
        }
        match definition.kind {
            PoolType::Dir | PoolType::Fs | PoolType::Netfs | PoolType::Vstorage => {
                self.in_directory(&definition, pool, volume)
            }
            PoolType::Logical | PoolType::Disk | PoolType::Zfs | PoolType::Mpath => {
                let found = self.in_directory(&definition, pool, volume)?;
                if found.kind == VolumeKind::Block {
                    Ok(found)
                } else {
                    Err(HostError::not_found(VOLUME, volume))
                }
            }
            PoolType::Iscsi => self.iscsi_unit(&definition, volume),
            // QEMU connects to the server itself, which is not asked here.
            PoolType::IscsiDirect => Ok(Volume { kind: VolumeKind::Network, path: volume.to_owned() }),
            PoolType::Scsi | PoolType::Rbd | PoolType::Sheepdog | PoolType::Gluster => {
                Err(HostError::Unknown("the volumes of a storage pool of this type"))
            }
        }
    }
}

impl SystemHost {
    /// The volume `volume` in the directory of `pool`.
    fn in_directory(&self, pool: &StoragePool, pool_name: &str, volume: &str) -> Answer<Volume> {
        let target = pool.target.as_deref().filter(|path| path.starts_with('/'));
        let target = target.ok_or_else(|| {
            HostError::failed("storage pool", pool_name, "its definition has no '<target><path>'")
        })?;
        let path = format!("{}/{volume}", target.trim_end_matches('/'));
        let found = fs::metadata(self.root.path(&path)).map_err(|error| from_io(VOLUME, volume, &error))?;
        let kind = found.file_type();
        let kind = if kind.is_file() {
            VolumeKind::File
        } else if kind.is_block_device() {
            VolumeKind::Block
        } else if kind.is_dir() {
            let is_ploop = self.root.exists(format!("{path}/DiskDescriptor.xml"));
            if is_ploop { VolumeKind::Ploop } else { VolumeKind::Dir }
        } else {
            return Err(HostError::not_found(VOLUME, volume));
        };
        Ok(Volume { kind, path })
    }

    /// The logical unit `unit:0:0:N` of the target that an iSCSI pool is logged in to.
    fn iscsi_unit(&self, pool: &StoragePool, volume: &str) -> Answer<Volume> {
        let not_found = || HostError::not_found(VOLUME, volume);
        let unit = volume.strip_prefix("unit:").and_then(|rest| rest.rsplit(':').next());
        let unit: u32 = unit.and_then(|unit| unit.parse().ok()).ok_or_else(not_found)?;
        let target = pool.device.as_deref().ok_or_else(not_found)?;
        let dir = pool.target.as_deref().filter(|path| path.starts_with('/')).unwrap_or(BY_PATH);
        let ending = format!("-iscsi-{target}-lun-{unit}");
        let names = self.root.names(dir).map_err(|_| not_found())?;
        let link = names.into_iter().find(|name| name.ends_with(&ending)).ok_or_else(not_found)?;
        Ok(Volume { kind: VolumeKind::Block, path: format!("{}/{link}", dir.trim_end_matches('/')) })
    }
}
