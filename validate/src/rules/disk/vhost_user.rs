//! Rules on disks of type `vhostuser`, whose image a vhost-user daemon opens.

use virtargv_model::device::disk::{Disk, DiskBus, DiskSnapshot, Geometry};

use crate::{Findings, Rule};

virtargv_model::rules! {
    /// A disk of type `vhostuser` is on bus `virtio`.
    BUS = "disk-vhostuser-bus": Unsupported, Validate,
        "`<disk type='vhostuser'><target bus=>`: QEMU's device is `vhost-user-blk`",
        help "set `bus='virtio'`";
    /// A disk of type `vhostuser` is left out of snapshots.
    SNAPSHOT = "disk-vhostuser-snapshot": Unsupported, Validate,
        "`<disk type='vhostuser' snapshot=>`: the image is opened by the vhost-user daemon, not by QEMU",
        help "set `snapshot='no'`";
    /// A disk of type `vhostuser` has no options of images and block nodes.
    OPTION = "disk-vhostuser-option": Unsupported, Validate,
        "`<disk type='vhostuser'>`: the vhost-user daemon opens the image, and `vhost-user-blk` has no such properties",
        help "remove the element or attribute, and configure the daemon instead";
}

/// Checks a disk of type `vhostuser` against the rules above.
pub(super) fn check(disk: &Disk, out: &mut Findings<'_>) {
    let mut refuse = |rule: &'static Rule, message: String| out.refuse(rule, disk.info.pos, message);
    if disk.bus() != Some(DiskBus::Virtio) {
        refuse(&BUS, format!("disk `{}` of type `vhostuser` needs bus `virtio`", disk.dst()));
    }
    if disk.snapshot.is_some_and(|s| s != DiskSnapshot::No) {
        refuse(&SNAPSHOT, format!("disk `{}` of type `vhostuser` needs `snapshot='no'`", disk.dst()));
    }
    let driver = &disk.driver;
    let image = &disk.image;
    let options = [
        ("cache", driver.cache.is_some()),
        ("error_policy", driver.error_policy.is_some() || driver.rerror_policy.is_some()),
        ("io", driver.io.is_some()),
        ("ioeventfd", driver.ioeventfd.is_some()),
        ("copy_on_read", driver.copy_on_read.is_some()),
        ("discard", driver.discard.is_some()),
        ("iothread", driver.iothread.is_some_and(|n| n > 0)),
        ("detect_zeroes", driver.detect_zeroes.is_some()),
        ("metadata_cache", image.metadata_cache.is_some()),
        ("iotune", disk.iotune.is_some()),
        ("backingStore", disk.backing.ended || !disk.backing.images.is_empty()),
        ("encryption", image.encryption.is_some()),
        ("readonly", disk.readonly),
        ("shareable", disk.shareable),
        ("transient", disk.transient.is_some()),
        ("serial", disk.serial.is_some()),
        ("wwn", disk.wwn.is_some()),
        ("vendor", disk.vendor.is_some()),
        ("product", disk.product.is_some()),
        ("auth", image.auth.is_some()),
        ("geometry", disk.geometry.as_deref().is_some_and(has_geometry)),
        ("blockio", disk.blockio.as_ref().is_some_and(|b| b.logical.is_some() || b.physical.is_some())),
    ];
    for (name, _) in options.iter().filter(|(_, is_set)| *is_set) {
        refuse(&OPTION, format!("`{name}` is not supported for disk `{}` of type `vhostuser`", disk.dst()));
    }
}

fn has_geometry(geometry: &Geometry) -> bool {
    geometry.trans.is_some() || geometry.numbers().iter().any(|(_, number)| number.is_some_and(|n| n > 0))
}
