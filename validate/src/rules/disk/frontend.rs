//! Rules of QEMU on a disk's guest device and its properties.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::disk::{CacheMode, Disk, DiskBus, DiskDevice, DiskModel, IoMode};
use virtargv_model::device::storage::{ImageFormat, SourceType};
use virtargv_model::info::Address;
use virtargv_model::lifecycle::Action;
use virtargv_model::{Message, OnOff, Spelled, YesNo};

use super::super::virtio;
use super::{lun, name};
use crate::{Context, Findings, offered};

virtargv_model::rules! {
    /// The bus of a disk with a geometry has a geometry.
    GEOMETRY = "disk-geometry-bus": Unsupported, Validate,
        "`<disk><geometry>`: `usb-storage` and SD cards have no `cyls=`, `heads=` and `secs=`, and `bios-chs-trans=` is a property of `ide-hd`",
        help "remove `<geometry>`, or its `trans=`";
    /// A geometry has cylinders, heads and sectors.
    GEOMETRY_PART = "disk-geometry-part": Internal, Validate,
        "`<disk><geometry cyls= heads= secs=>`",
        help "add the missing attribute, or remove `<geometry>`",
        until "9.0";
    /// A disk on bus `sd` has no serial number.
    SERIAL_SD = "disk-serial-sd": Internal, Validate,
        "`<disk><serial>`: QEMU's `sd-card` has no property `serial`",
        help "remove `<serial>`";
    /// A CD-ROM is on a bus with removable media.
    EJECTABLE = "disk-cdrom-bus": Unsupported, Validate,
        "`<disk device='cdrom'>`: `virtio-blk` and `sd-card` cannot change a medium",
        help "use bus `sata`, `scsi`, `ide` or `usb`";
    /// Copy on read needs a writable hard disk.
    COPY_ON_READ = "disk-copy-on-read": Unsupported, Validate,
        "`<disk><driver copy_on_read='on'>`: QEMU's block driver `copy-on-read` writes what was read into the image; the medium of a drive may change",
        help "remove `copy_on_read=` from `<driver>`";
    /// Only a disk on bus `ide` or `scsi` has a world wide name.
    WWN = "disk-wwn-bus": Unsupported, Validate,
        "`<disk><wwn>`: `wwn=` of `ide-hd` and `scsi-hd`",
        help "remove `<wwn>`, or use `bus='scsi'`";
    /// Only a disk on bus `scsi` has a vendor and a product.
    VENDOR = "disk-vendor-bus": Unsupported, Validate,
        "`<disk><vendor>`, `<product>`: `vendor=` and `product=` of `scsi-hd`",
        help "remove `<vendor>` and `<product>`, or use `bus='scsi'`";
    /// A disk needs a QEMU that has the devices and properties it asks for.
    QEMU_LACKS = "disk-qemu-lacks": Unsupported, Validate,
        "`<disk>`: the device or property that the message names came with a later QEMU, or this QEMU was built without it",
        help "remove the element or attribute, or use a QEMU that has it";
    /// Only a hard disk on bus `scsi`, `ide` or `sata` has a rotation rate.
    ROTATION = "disk-rotation": Internal, Validate,
        "`<disk><target rotation_rate=>`: `rotation_rate=` of `ide-hd` and `scsi-hd`, new in QEMU 2.11",
        help "remove `rotation_rate=` from `<target>`";
    /// The address of a disk is of the type of its bus.
    ADDRESS = "disk-address-kind": Internal, Validate,
        "`<disk><address type=>`: QEMU's device for the disk is attached to that kind of bus",
        help "use `type='drive'` for SCSI, IDE, SATA and floppy, `type='usb'` for USB, or remove the `<address>`";
    /// A disk on bus `usb` that is not of model `usb-bot` has a source.
    USB_EMPTY = "disk-usb-empty": Unsupported, Validate,
        "`<disk><target bus='usb'/>`: `usb-storage` does not start without `drive=`",
        help "add `<source>`, or use `model='usb-bot'`, `bus='sata'` or `bus='scsi'` for an empty drive",
        since "11.3";
    /// Only a disk on bus `virtio`, `ide`, `sata`, `scsi` or `usb` has statistics over intervals.
    STATISTICS = "disk-statistics-bus": Unsupported, Validate,
        "`<disk><driver><statistics><statistic>`: `stats-intervals=` of these devices",
        help "remove `<statistic>`, or use another bus", since "11.9";
    /// A floppy drive needs a machine with a floppy controller.
    FLOPPY = "disk-floppy-machine": Unsupported, Validate,
        "`<disk device='floppy'>`: QEMU's `floppy` is attached to `isa-fdc`, which only machines with an ISA bus have",
        help "remove the disk, or use `device='cdrom'` or `device='disk'`", since "11.4";
    /// A hard disk on bus `ide` or `sata` is writable.
    READONLY = "disk-readonly-bus": Unsupported, Validate,
        "`<disk><readonly/>`: QEMU's `ide-hd` refuses a read-only block node",
        help "remove `<readonly/>`, use `device='cdrom'`, or use another bus";
    /// I/O mode `native` needs cache mode `none` or `directsync`.
    NATIVE = "disk-io-native": Unsupported, Validate,
        "`<disk><driver io='native'>`: Linux's native AIO is asynchronous only for files opened with O_DIRECT",
        help "set `cache='none'` in `<driver>`, or use `io='threads'` or `io='io_uring'`";
    /// A disk with `device='lun'` on bus `scsi` has no serial number.
    SERIAL_LUN = "disk-serial-lun": Unsupported, Validate,
        "`<disk device='lun'><serial>`: `scsi-block` has no property `serial`; the host's device has its own",
        help "remove `<serial>`";
    /// A serial number has letters, digits and the characters `-`, `_`, `.`, `+` and space only.
    SERIAL_CHARS = "disk-serial-characters": Internal, Validate,
        "`<disk><serial>`: the number becomes part of an option of QEMU",
        help "use letters, digits, spaces, `-`, `_`, `.` and `+` only";
    /// A transient disk is a writable hard disk with a source of type `file`.
    TRANSIENT = "disk-transient": Unsupported, Validate,
        "`<disk><transient>`: libvirt lays a qcow2 overlay over the file when the guest starts; with `shareBacking='yes'` the disk is hotplugged",
        help "use `device='disk'` with `<source file=>`, remove `<readonly/>`, and for `shareBacking='yes'` use bus `virtio`, `scsi` or `usb`";
    /// A writable disk that is shared has format `raw`.
    SHARED = "disk-shareable-format": Unsupported, Validate,
        "`<disk><shareable/>`: other formats have metadata that two QEMUs would overwrite",
        help "use `<driver type='raw'/>`, or remove `<shareable/>`";
    /// The driver of a disk is `qemu`.
    DRIVER_NAME = "disk-driver-name": Unsupported, Validate,
        "`<disk><driver name=>`: the other drivers are those of other hypervisors",
        help "set `name='qemu'`";
    /// A disk of type `vhostvdpa` has cache mode `none` or `directsync`.
    VDPA_CACHE = "disk-vdpa-cache": Unsupported, Validate,
        "`<disk type='vhostvdpa'><driver cache=>`: `virtio-blk-vhost-vdpa` needs `cache.direct=on`",
        help "set `cache='none'` in `<driver>`";
}

/// Checks the guest device of `disk` against the rules above.
pub(super) fn check(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    check_shape(disk, out);
    check_identity(cx, disk, out);
    lun::check_frontend(cx, disk, out);
    check_rotation(cx, disk, out);
    check_address(cx, disk, out);
    if disk.readonly
        && disk.device() == DiskDevice::Disk
        && let Some(bus @ (DiskBus::Ide | DiskBus::Sata)) = disk.bus()
    {
        let message = format!("disk `{}` on bus `{bus}` cannot be read-only", disk.dst());
        out.refuse(&READONLY, disk.info.pos.path("readonly"), message);
    }
    check_driver(cx, disk, out);
    check_serial(disk, out);
    check_transient(cx, disk, out);
    if disk.shareable && !disk.readonly && disk.image.format.is_some_and(|f| f != ImageFormat::Raw) {
        let message = format!("shareable disk `{}` needs format `raw`", disk.dst());
        out.refuse(&SHARED, disk.info.pos.path("shareable"), message);
    }
    if let Some(name) = disk.driver.name.as_deref().filter(|n| *n != "qemu") {
        let message =
            format!("driver name `{name}` of disk `{}` is not supported, only `qemu` is", disk.dst());
        out.refuse(&DRIVER_NAME, disk.driver.pos.attr("name"), message);
    }
    name::check_whole(disk, out);
    if disk.bus() == Some(DiskBus::Virtio) {
        virtio::available(cx, disk.driver.virtio, &disk.driver.pos.path(""), out);
    }
    check_vhost(cx, disk, out);
    check_statistics(cx, disk, out);
    check_floppy(cx, disk, out);
}

/// Statistics over intervals.
fn check_statistics(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let statistics = disk.driver.statistics.as_ref().filter(|statistics| !statistics.intervals.is_empty());
    let Some(statistics) = statistics else { return };
    need(cx, disk, Cap::DiskTimedStats, "`stats-intervals`", out);
    let bus = disk.bus();
    let known = [DiskBus::Virtio, DiskBus::Ide, DiskBus::Sata, DiskBus::Scsi, DiskBus::Usb];
    if !known.iter().any(|known| Some(*known) == bus) {
        let bus = bus.map_or("", Spelled::as_str);
        let message = format!("statistics of disk `{}` are not supported on bus `{bus}`", disk.dst());
        out.refuse(&STATISTICS, statistics.pos, message);
    }
}

/// Whether the machine has a floppy controller.
fn check_floppy(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let has = || offered::floppy(|cap| cx.has(cap), cx.guest, cx.release);
    if disk.device() == DiskDevice::Floppy && !has() {
        let message = format!(
            "disk `{}` is a floppy drive, which machine type `{}` does not have",
            disk.dst(),
            cx.guest.machine
        );
        out.refuse(&FLOPPY, disk.info.pos, message);
    }
}

/// Reports `what` of `disk` where this QEMU lacks `cap`.
pub(super) fn need(cx: &Context<'_>, disk: &Disk, cap: Cap, what: &str, out: &mut Findings<'_>) {
    if !cx.has(cap) {
        let message = format!("this QEMU has no {what}, which disk `{}` needs", disk.dst());
        out.refuse(&QEMU_LACKS, disk.info.pos, message);
    }
}

/// Geometry, serial number of SD cards, drives with media, copy on read.
fn check_shape(disk: &Disk, out: &mut Findings<'_>) {
    let bus = disk.bus().map_or("", Spelled::as_str);
    let place = || disk.info.pos.path("geometry");
    if let Some(geometry) = &disk.geometry
        && let Some((name, _)) = geometry.numbers().into_iter().find(|(_, number)| number.is_none())
    {
        let message = format!("`<geometry>` of disk `{}` has no `{name}=`", disk.dst());
        out.refuse(&GEOMETRY_PART, place(), message);
    }
    if let Some(geometry) = disk.geometry.as_ref().filter(|geometry| geometry.is_whole()) {
        if matches!(disk.bus(), Some(DiskBus::Usb | DiskBus::Sd)) {
            out.refuse(&GEOMETRY, place(), format!("`geometry` is not supported for bus `{bus}`"));
        }
        if geometry.trans.is_some() && disk.bus() != Some(DiskBus::Ide) {
            let message = format!("`trans` of `<geometry>` needs bus `ide`, not `{bus}`");
            out.refuse(&GEOMETRY, place(), message);
        }
    }
    if disk.serial.is_some() && disk.bus() == Some(DiskBus::Sd) {
        let message = format!("`serial` is not supported for bus `{bus}`");
        out.refuse(&SERIAL_SD, disk.info.pos.path("serial"), message);
    }
    if disk.device() == DiskDevice::Cdrom && matches!(disk.bus(), Some(DiskBus::Virtio | DiskBus::Sd)) {
        let message =
            format!("disk `{}` is a CD-ROM, whose medium cannot be changed on bus `{bus}`", disk.dst());
        out.refuse(&EJECTABLE, disk.target_pos.attr("bus"), message);
    }
    if disk.driver.copy_on_read == Some(OnOff::On) {
        let place = || disk.driver.pos.attr("copy_on_read");
        if disk.readonly {
            let message = format!("`copy_on_read` needs a writable disk, `{}` is read-only", disk.dst());
            out.refuse(&COPY_ON_READ, place(), message);
        } else if matches!(disk.device(), DiskDevice::Cdrom | DiskDevice::Floppy) {
            let message =
                format!("`copy_on_read` is not supported for removable media, as of disk `{}`", disk.dst());
            out.refuse(&COPY_ON_READ, place(), message);
        }
    }
}

/// World wide name, vendor and product.
fn check_identity(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    if disk.wwn.is_some() {
        match disk.bus() {
            Some(DiskBus::Ide) => need(cx, disk, Cap::IdeDriveWwn, "`wwn` of `ide` disks", out),
            Some(DiskBus::Scsi) => need(cx, disk, Cap::ScsiDiskWwn, "`wwn` of `scsi` disks", out),
            _ => {
                let message =
                    format!("`wwn` needs bus `ide` or `scsi`, which disk `{}` is not on", disk.dst());
                out.refuse(&WWN, disk.info.pos.path("wwn"), message);
            }
        }
    }
    let ata =
        matches!(disk.bus(), Some(DiskBus::Ide | DiskBus::Sata)) && cx.release.has(Convention::AtaProduct);
    let wrong = if disk.bus() == Some(DiskBus::Scsi) {
        if disk.vendor.is_some() || disk.product.is_some() {
            need(cx, disk, Cap::ScsiDiskWwn, "vendor or product of `scsi` disks", out);
        }
        None
    } else if disk.vendor.is_some() {
        Some("vendor")
    } else {
        disk.product.as_ref().filter(|_| !ata).map(|_| "product")
    };
    if let Some(name) = wrong {
        let message = format!("`{name}` is not for the bus of disk `{}`, it needs bus `scsi`", disk.dst());
        out.refuse(&VENDOR, disk.info.pos.path(name), message);
    }
}

fn check_rotation(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let Some(rate) = disk.target.rotation_rate else { return };
    let on_bus = matches!(disk.bus(), Some(DiskBus::Scsi | DiskBus::Ide | DiskBus::Sata));
    if !on_bus || disk.device() != DiskDevice::Disk || !cx.has(Cap::RotationRate) {
        let message = format!(
            "`rotation_rate` `{rate}` needs a hard disk on SCSI, IDE or SATA, and a QEMU that has it"
        );
        out.refuse(&ROTATION, disk.target_pos.attr("rotation_rate"), message);
    }
}

fn check_address(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let fits = match disk.bus() {
        Some(DiskBus::Scsi | DiskBus::Ide | DiskBus::Fdc | DiskBus::Sata | DiskBus::Nvme) => {
            // A disk has no address if its target name does not determine one.
            matches!(disk.info.address, None | Some(Address::Drive(_)))
        }
        Some(DiskBus::Usb) => {
            match disk.model {
                Some(DiskModel::UsbBot) => need(cx, disk, Cap::DeviceUsbBot, "`-device usb-bot`", out),
                _ => need(cx, disk, Cap::DeviceUsbStorage, "`-device usb-storage`", out),
            }
            matches!(disk.info.address, None | Some(Address::Usb(_)))
        }
        _ => true,
    };
    if !fits {
        let bus = disk.bus().map_or("", Spelled::as_str);
        let kind = disk.info.address.as_ref().map_or("none", |a| a.kind().as_str());
        let message =
            format!("address type `{kind}` is not supported for disk `{}` on bus `{bus}`", disk.dst());
        out.refuse(&ADDRESS, disk.info.pos.path("address/@type"), message);
    }
    let bot = disk.model == Some(DiskModel::UsbBot);
    if disk.bus() == Some(DiskBus::Usb) && disk.image.is_empty() && !bot {
        let message = format!("disk `{}` on bus `usb` lacks a source", disk.dst());
        out.refuse(&USB_EMPTY, disk.info.pos, message);
    }
    if disk.bus() == Some(DiskBus::Usb) && disk.target.removable.is_some() && !bot {
        need(cx, disk, Cap::UsbStorageRemovable, "`removable` of USB storage", out);
    }
}

fn check_driver(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let driver = &disk.driver;
    if driver.io == Some(IoMode::Native)
        && !matches!(driver.cache, Some(CacheMode::None | CacheMode::Directsync))
    {
        let what = format!("`io='native'` of disk `{}` needs cache `none` or `directsync`", disk.dst());
        let message = match driver.cache {
            Some(cache) => {
                let place = driver.pos.attr("cache");
                Message::new(format!("{what}, not `{cache}`")).with_label(place, "the cache mode is here")
            }
            None => Message::new(what)
                .with_help("add `cache='none'` to `<driver>`, or use `io='threads'` or `io='io_uring'`"),
        };
        out.refuse(&NATIVE, driver.pos.attr("io"), message);
    }
    if driver.io == Some(IoMode::IoUring) {
        need(cx, disk, Cap::AioIoUring, "`io='io_uring'`", out);
    }
    if driver.detect_zeroes.is_some() {
        need(cx, disk, Cap::DriveDetectZeroes, "`detect_zeroes`", out);
    }
    if driver.discard.is_some() {
        need(cx, disk, Cap::DriveDiscard, "`discard`", out);
    }
    let migrated = disk.image.reservations.as_ref().and_then(|r| r.migration);
    if migrated.is_some() && disk.bus() == Some(DiskBus::Scsi) {
        need(cx, disk, Cap::ScsiBlockMigratePr, "`migrate-pr` of `scsi-block`", out);
    }
    if driver.discard_no_unref.is_some() {
        need(cx, disk, Cap::Qcow2DiscardNoUnref, "`discard_no_unref`", out);
    }
    if disk.bus() == Some(DiskBus::Virtio) {
        if driver.queues.is_some_and(|n| n > 0) {
            need(cx, disk, Cap::VirtioBlkNumQueues, "`num-queues`", out);
        }
        if driver.queue_size.is_some_and(|n| n > 0) {
            need(cx, disk, Cap::VirtioBlkQueueSize, "`queue-size`", out);
        }
    }
}

fn check_serial(disk: &Disk, out: &mut Findings<'_>) {
    let Some(serial) = &disk.serial else { return };
    let place = || disk.info.pos.path("serial");
    if disk.bus() == Some(DiskBus::Scsi) && disk.device() == DiskDevice::Lun {
        let message =
            format!("`serial` is not supported for `lun` disk `{}`, the host's device has one", disk.dst());
        out.refuse(&SERIAL_LUN, place(), message);
    }
    let known = |c: char| c.is_ascii_alphanumeric() || "-_ .+".contains(c);
    if let Some(other) = serial.chars().find(|c| !known(*c)) {
        let message = format!("serial `{serial}` has the character `{other}`, which is not allowed in it");
        out.refuse(&SERIAL_CHARS, place(), message);
    }
}

fn check_transient(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let Some(transient) = disk.transient else { return };
    let name = disk.dst();
    let mut refuse = |what: &str| {
        let message = format!("transient disk `{name}` {what}");
        out.refuse(&TRANSIENT, disk.info.pos.path("transient"), message);
    };
    // A hard disk must have a source anyway.
    if disk.image.is_empty() && disk.device() != DiskDevice::Disk {
        refuse("cannot be empty");
    }
    if disk.readonly {
        refuse("cannot be read-only");
    }
    if disk.image.kind() != SourceType::File {
        refuse("needs a source of type `file`");
    }
    if disk.device() != DiskDevice::Disk {
        refuse("needs device `disk`");
    }
    let shares = transient.share_backing == Some(YesNo::Yes);
    if shares && !cx.has(Cap::SetAction) && !reboots(cx) {
        refuse("with a shared backing image needs a QEMU with the command `set-action`");
    }
    if shares && !matches!(disk.bus(), Some(DiskBus::Usb | DiskBus::Virtio | DiskBus::Scsi)) {
        let bus = disk.bus().map_or("", Spelled::as_str);
        refuse(&format!("with a shared backing image is hotplugged, which bus `{bus}` does not support"));
    }
    if !cx.has(Cap::Blockdev) {
        refuse("is not supported by this QEMU");
    }
}

/// Whether a reboot of the guest does not end QEMU (`-no-reboot`).
fn reboots(cx: &Context<'_>) -> bool {
    let lifecycle = &cx.domain.lifecycle;
    let crash_ends = matches!(lifecycle.on_crash, None | Some(Action::Destroy | Action::CoredumpDestroy));
    let off_ends = matches!(lifecycle.on_poweroff, None | Some(Action::Destroy));
    !(lifecycle.on_reboot == Some(Action::Destroy) && off_ends && crash_ends)
}

fn check_vhost(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let kind = disk.image.kind();
    let cap = match kind {
        SourceType::VhostUser => Cap::DeviceVhostUserBlk,
        SourceType::VhostVdpa => Cap::DeviceVirtioBlkVhostVdpa,
        _ => return,
    };
    need(cx, disk, cap, &format!("disks of type `{kind}`"), out);
    super::super::vhost_user::check(cx, kind.as_str(), disk.info.pos, out);
    let direct = matches!(disk.driver.cache, Some(CacheMode::None | CacheMode::Directsync));
    if kind == SourceType::VhostVdpa && !direct {
        let message = format!("disk of type `{kind}` needs cache `directsync` or `none`");
        out.refuse(&VDPA_CACHE, disk.driver.pos.attr("cache"), message);
    }
}
