//! Rules on disks with `device='lun'`, and on the options that only these have.

use virtargv_caps::Cap;
use virtargv_model::device::disk::{Disk, DiskBus, DiskDevice, Sgio};
use virtargv_model::device::storage::{EncryptionFormat, Image, ImageFormat, Location, Protocol};
use virtargv_model::{OnOff, Spelled};

use super::frontend::need;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// SCSI commands of a disk are filtered.
    SGIO_UNFILTERED = "disk-sgio-unfiltered": Unsupported, Validate,
        "`<disk sgio='unfiltered'>`: Linux has no `unpriv_sgio` for block devices",
        help "remove `sgio=`, or set it to `filtered`",
        since "9.0";
    /// A disk with `device='lun'` has a raw and unencrypted block device, volume or iSCSI source.
    LUN_SOURCE = "disk-lun-source": Unsupported, Validate,
        "`<disk device='lun'>`: the guest's SCSI commands are passed to the device of the source",
        help "use a source of type `block`, `volume` or `network` with protocol `iscsi`, and remove format, slices and encryption, or use `device='disk'`";
    /// Only a disk with `device='lun'` has persistent reservations.
    RESERVATIONS = "disk-reservations": Unsupported, Validate,
        "`<disk><source><reservations>`: reservations are SCSI commands, which only a `lun` passes",
        help "remove `<reservations>`, or use `device='lun'`";
    /// Only a disk with `device='lun'` has `rawio=`.
    RAWIO = "disk-rawio": Unsupported, Validate (Read before "7.1"),
        "`<disk rawio=>`: the capability CAP_SYS_RAWIO lets QEMU pass SCSI commands",
        help "remove `rawio=`, or use `device='lun'`";
    /// Only a disk with `device='lun'` has `sgio=`.
    SGIO = "disk-sgio": Unsupported, Validate (Read before "7.1"),
        "`<disk sgio=>`: the kernel's filter of SCSI commands, which only a `lun` passes",
        help "remove `sgio=`, or use `device='lun'`";
    /// A disk with `device='lun'` is on bus `virtio` or `scsi` and has the identity of the host's device.
    LUN = "disk-lun-frontend": Unsupported, Validate,
        "`<disk device='lun'>`: `scsi-block`, and `virtio-blk` with `scsi=on`, pass the guest's SCSI commands to the host's device, which answers itself",
        help "use `bus='scsi'`, and remove `copy_on_read=`, `<wwn>`, `<vendor>` and `<product>`";
    /// A disk with `device='lun'` has the block sizes of the host's device.
    LUN_BLOCKIO = "disk-lun-blockio": Unsupported, Validate,
        "`<disk device='lun'><blockio>`: `scsi-block` has no properties for block sizes",
        help "remove `<blockio>`", since "12.9";
    /// A disk with `device='lun'` on bus `virtio` needs a QEMU whose virtio-blk passes SCSI commands.
    LUN_VIRTIO = "disk-lun-virtio": Unsupported, Validate,
        "`<disk device='lun'><target bus='virtio'>`: `scsi=on` of `virtio-blk-pci`, which a QEMU can be built without",
        help "use `bus='scsi'`, or a QEMU that has the property", since "11.3";
}

/// Checks that the source of a `lun` is a device that takes SCSI commands, and that only a `lun` has reservations.
pub(super) fn check_source(disk: &Disk, out: &mut Findings<'_>) {
    if disk.sgio == Some(Sgio::Unfiltered) {
        let message = "`sgio` is `unfiltered`, which Linux no longer supports";
        out.refuse(&SGIO_UNFILTERED, disk.info.pos.attr("sgio"), message);
    }
    let image = &disk.image;
    if disk.device() == DiskDevice::Lun {
        if let Some(what) = lun_problem(image) {
            let message = format!("`device='lun'` of disk `{}` {what}", disk.dst());
            out.refuse(&LUN_SOURCE, image.pos, message);
        }
    } else if image.reservations.is_some() {
        let message = format!("`reservations` of disk `{}` need `device='lun'`", disk.dst());
        out.refuse(&RESERVATIONS, image.pos.path("reservations"), message);
    }
}

/// Checks that only a `lun` has the options `rawio=` and `sgio=`.
pub(super) fn check_options(disk: &Disk, out: &mut Findings<'_>) {
    if disk.device() == DiskDevice::Lun {
        return;
    }
    if let Some(rawio) = disk.rawio {
        let message = format!("`rawio` (`{rawio}`) is only supported for `device='lun'`");
        out.refuse(&RAWIO, disk.info.pos.attr("rawio"), message);
    }
    if let Some(sgio) = disk.sgio {
        let message = format!("`sgio` (`{sgio}`) is only supported for `device='lun'`");
        out.refuse(&SGIO, disk.info.pos.attr("sgio"), message);
    }
}

/// Why an image cannot be passed to the guest as a SCSI device.
fn lun_problem(image: &Image) -> Option<String> {
    match &image.location {
        Location::Network(net) if net.protocol != Some(Protocol::Iscsi) => {
            let protocol = net.protocol.map_or("none", Spelled::as_str);
            return Some(format!("is not supported for `protocol='{protocol}'`"));
        }
        Location::Network(_) | Location::Block { .. } | Location::Volume(_) => {}
        _ => return Some("needs a source of type `block`".to_owned()),
    }
    let encrypted = |e: &virtargv_model::device::storage::Encryption| e.format != EncryptionFormat::Default;
    if image.format.is_some_and(|f| f != ImageFormat::Raw) {
        return Some("needs format `raw`".to_owned());
    }
    if image.slice.is_some() {
        return Some("is not supported for a slice".to_owned());
    }
    image
        .encryption
        .as_deref()
        .filter(|e| encrypted(e))
        .map(|_| "is not supported for an encrypted image".to_owned())
}

/// Checks the guest device of a `lun`, and that it has the identity of the host's device.
pub(super) fn check_frontend(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    if disk.device() != DiskDevice::Lun {
        return;
    }
    let mut refuse = |message: String| out.refuse(&LUN, disk.info.pos, message);
    let bus = disk.bus().map_or("", Spelled::as_str);
    if !matches!(disk.bus(), Some(DiskBus::Virtio | DiskBus::Scsi)) {
        refuse(format!("`device='lun'` is not supported for `bus='{bus}'`"));
    }
    if disk.driver.copy_on_read == Some(OnOff::On) {
        refuse(format!("`copy_on_read` is not supported for `lun` disk `{}`", disk.dst()));
    }
    if disk.wwn.is_some() {
        refuse(format!("`wwn` is not supported for `lun` disk `{}`, the host's device has one", disk.dst()));
    }
    if disk.vendor.is_some() || disk.product.is_some() {
        refuse(format!(
            "vendor and product are not supported for `lun` disk `{}`, the host's device has them",
            disk.dst()
        ));
    }
    if disk.blockio.is_some() {
        let message = format!("`blockio` is not supported for `lun` disk `{}`", disk.dst());
        out.refuse(&LUN_BLOCKIO, disk.info.pos.path("blockio"), message);
    }
    match disk.bus() {
        Some(DiskBus::Scsi) => need(cx, disk, Cap::ScsiBlock, "`scsi-block` for a `lun`", out),
        Some(DiskBus::Virtio) if !cx.has(Cap::VirtioBlkScsi) => {
            let message = format!(
                "this QEMU does not support SCSI commands for the `lun` disk `{}` on `virtio-blk`",
                disk.dst()
            );
            out.refuse(&LUN_VIRTIO, disk.info.pos, message);
        }
        _ => {}
    }
}
