//! Storage volumes: looks up the location of a volume in its pool.

use virtargv_caps::{Convention, Release};
use virtargv_host::{Fact, Host, HostError, Volume, VolumeKind};
use virtargv_model::device::disk::Disk;
use virtargv_model::device::storage::{
    ImageFormat, Location, NetHost, NetSource, PoolMode, Protocol, Transport,
};
use virtargv_model::pool::{PoolType, StoragePool};
use virtargv_model::{Class, Problem};

/// The default port of iSCSI.
const ISCSI_PORT: u32 = 3260;

/// Replaces the source of a disk of type `volume` by the location of the volume.
pub(super) fn look_up(disk: &mut Disk, host: &dyn Host, release: Release) -> Result<(), Problem> {
    let Location::Volume(source) = disk.image.location.clone() else { return Ok(()) };
    let (Some(pool_name), Some(name)) = (source.pool.as_deref(), source.volume.as_deref()) else {
        let has_source = disk.image.pos.offset() != disk.info.pos.offset();
        if !has_source || !release.has(Convention::VolumeByName) {
            return Ok(());
        }
        let message = "a disk of type `volume` lacks `pool` and `volume` of its source";
        let problem = crate::rules::STORAGE_POOL.problem(release, disk.image.pos, message);
        return Err(problem.with_class(Class::Plain));
    };
    let problem = |kind, message: String| {
        crate::rules::STORAGE_POOL.problem(release, disk.image.pos, message).with_class(kind)
    };
    let refuse = |kind, message: String| Err(problem(kind, message));
    let pool = match host.storage().storage_pool(pool_name) {
        Ok(pool) => pool,
        Err(HostError::Inactive { .. }) => {
            let message = format!("storage pool `{pool_name}`, which has the volume `{name}`, is not active");
            return refuse(Class::Unsupported, message);
        }
        Err(error @ HostError::Failed { .. }) => return refuse(Class::Internal, error.to_string()),
        Err(error) => {
            let problem = problem(Class::NotFound, error.about("storage pool", pool_name));
            return Err(Fact::Pool(pool_name).unanswered(&error, problem));
        }
    };
    let volume = match host.storage().storage_volume(pool_name, name) {
        Ok(volume) => volume,
        Err(error) => {
            let problem = problem(Class::NoVolume, error.about("storage volume", name));
            return Err(Fact::Volume { pool: pool_name, name }.unanswered(&error, problem));
        }
    };
    if source.mode.is_some() && pool.kind != PoolType::Iscsi {
        let message = format!(
            "storage pool `{pool_name}` is of type `{}`, `mode` is for pools of type `iscsi`",
            pool.kind
        );
        return refuse(Class::Xml, message);
    }
    if disk.image.startup_policy.is_some() && (volume.kind != VolumeKind::File || is_iscsi(&pool)) {
        return refuse(Class::Xml, "`startupPolicy` is for volumes of type `file`".to_owned());
    }
    if let (PoolType::IscsiDirect, _) | (PoolType::Iscsi, Some(PoolMode::Direct)) = (pool.kind, source.mode) {
        return direct(disk, name, &pool, release);
    }
    disk.image.location =
        location(name, volume, &pool).map_err(|(class, message)| problem(class, message))?;
    disk.image.format.get_or_insert(ImageFormat::Raw);
    Ok(())
}

/// The location of the volume `name` of `pool` on the host; why a disk cannot be there, with the class of the problem.
fn location(name: &str, volume: Volume, pool: &StoragePool) -> Result<Location, (Class, String)> {
    Ok(match pool.kind {
        PoolType::Iscsi => Location::Block { path: Some(volume.path) },
        PoolType::Dir
        | PoolType::Fs
        | PoolType::Netfs
        | PoolType::Logical
        | PoolType::Disk
        | PoolType::Scsi
        | PoolType::Zfs
        | PoolType::Vstorage => match volume.kind {
            VolumeKind::File | VolumeKind::Ploop => Location::File { path: Some(volume.path), fdgroup: None },
            VolumeKind::Dir => Location::Dir { path: Some(volume.path) },
            VolumeKind::Block => Location::Block { path: Some(volume.path) },
            VolumeKind::Network | VolumeKind::NetDir => {
                let word = if volume.kind == VolumeKind::Network { "network" } else { "netdir" };
                let message = format!(
                    "volume `{name}` is of type `{word}`, which a pool of type `{}` does not have",
                    pool.kind
                );
                return Err((Class::Internal, message));
            }
        },
        other => {
            let message = format!("a disk cannot be on a volume of a storage pool of type `{other}`");
            return Err((Class::Unsupported, message));
        }
    })
}

fn is_iscsi(pool: &StoragePool) -> bool {
    matches!(pool.kind, PoolType::Iscsi | PoolType::IscsiDirect)
}

/// Replaces the source by a logical unit of an iSCSI target, which QEMU accesses itself. The name of the volume ends in
/// the logical unit number.
fn direct(disk: &mut Disk, name: &str, pool: &StoragePool, release: Release) -> Result<(), Problem> {
    let parts: Vec<&str> = name.split(':').collect();
    let [_, _, _, unit] = parts.as_slice() else {
        let message =
            format!("the name of volume `{name}` must end in the logical unit number, such as `unit:0:0:1`");
        return Err(crate::rules::STORAGE_ISCSI_VOLUME.problem(release, disk.image.pos, message));
    };
    let Some(target) = &pool.device else {
        let message = format!("the storage pool of volume `{name}` has no iSCSI target");
        return Err(crate::rules::STORAGE_POOL
            .problem(release, disk.image.pos, message)
            .with_class(Class::Internal));
    };
    let host = NetHost {
        name: pool.host.clone(),
        port: Some(pool.port.filter(|p| *p > 0).unwrap_or(ISCSI_PORT)),
        transport: Some(Transport::Tcp),
        ..NetHost::default()
    };
    disk.image.location = Location::Network(Box::new(NetSource {
        protocol: Some(Protocol::Iscsi),
        name: Some(format!("{target}/{unit}")),
        hosts: vec![host],
        ..NetSource::default()
    }));
    // The login is that of the pool.
    disk.image.auth = pool.auth.clone().map(Box::new);
    disk.image.format.get_or_insert(ImageFormat::Raw);
    Ok(())
}
