//! Rules on the device that shows a disk to the guest.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::disk::{CacheMode, Disk, DiskBus, DiskDevice, DiskName, IoMode};
use virtargv_model::device::storage::{ImageFormat, SourceType};
use virtargv_model::info::Address;
use virtargv_model::lifecycle::Action;
use virtargv_model::{OnOff, Spelled, YesNo};

use super::super::virtio;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// Geometry is for buses that have it.
    GEOMETRY = "disk-geometry-bus": Unsupported, Validate, "disk/geometry; cyls=, heads=, secs=, bios-chs-trans=";
    /// Geometry is three numbers.
    GEOMETRY_PART = "disk-geometry-part": Internal, Validate, "disk/geometry; cyls=, heads=, secs=";
    /// A card has no serial.
    SERIAL_SD = "disk-serial-sd": Internal, Validate, "disk/serial";
    /// A CD-ROM needs a bus on which media can be changed.
    EJECTABLE = "disk-cdrom-bus": Unsupported, Validate, "disk/@device; virtio-blk and cards have no tray";
    /// What is read can be copied only into an image that is written and stays.
    COPY_ON_READ = "disk-copy-on-read": Unsupported, Validate, "driver/@copy_on_read; block driver copy-on-read";
    /// World wide names are for IDE and SCSI disks.
    WWN = "disk-wwn-bus": Unsupported, Validate, "disk/wwn; ide-hd wwn=, scsi-hd wwn=";
    /// Vendor and product are for SCSI disks.
    VENDOR = "disk-vendor-bus": Unsupported, Validate, "disk/vendor, disk/product; scsi-hd vendor=, product=";
    /// A disk needs a QEMU that can do what it asks for.
    QEMU_LACKS = "disk-qemu-lacks": Unsupported, Validate, "disk; the QEMU's devices and their properties";
    /// A SCSI unit is on a bus that passes SCSI commands, and has its own names.
    LUN = "disk-lun-frontend": Unsupported, Validate, "disk/@device; scsi-block, virtio-blk scsi=";
    /// Rotation is a hard disk's.
    ROTATION = "disk-rotation": Internal, Validate, "target/@rotation_rate; ide-hd rotation_rate=, scsi-hd rotation_rate=";
    /// A disk's address is of the kind that QEMU's device takes.
    ADDRESS = "disk-address-kind": Internal, Validate, "disk/address; the device sits on that kind of bus";
    /// A disk on USB has a medium.
    USB_EMPTY = "disk-usb-empty": Unsupported, Validate, "disk/source; usb-storage needs drive=";
    /// IDE and SATA disks are written.
    READONLY = "disk-readonly-bus": Unsupported, Validate, "disk/readonly; ide-hd refuses a read-only drive";
    /// Native asynchronous I/O goes past the host's cache.
    NATIVE = "disk-io-native": Unsupported, Validate, "driver/@io; O_DIRECT";
    /// A SCSI unit has its own serial.
    SERIAL_LUN = "disk-serial-lun": Unsupported, Validate, "disk/serial; scsi-block has no serial=";
    /// A serial is made of letters, digits, `-`, `_`, `.`, `+` and spaces.
    SERIAL_CHARS = "disk-serial-characters": Internal, Validate, "disk/serial; QEMU's option parser";
    /// What is forgotten when the guest stops is a layer over a file.
    TRANSIENT = "disk-transient": Unsupported, Validate, "disk/transient; a qcow2 layer is made at start";
    /// Only raw images can be written by several guests.
    SHARED = "disk-shareable-format": Unsupported, Validate, "disk/shareable; other formats have tables of their own";
    /// Disks are QEMU's.
    DRIVER_NAME = "disk-driver-name": Unsupported, Validate, "driver/@name";
    /// A disk's name says which disk it is, and not which part of it.
    TARGET = "disk-target-name": Unsupported, Validate, "target/@dev";
    /// A vDPA disk goes past the host's cache.
    VDPA_CACHE = "disk-vdpa-cache": Unsupported, Validate, "driver/@cache; the host does not see the data";
}

/// Holds the device of `disk` against them.
pub(super) fn check(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    check_shape(cx, disk, out);
    check_names(cx, disk, out);
    check_lun(cx, disk, out);
    check_rotation(cx, disk, out);
    check_address(cx, disk, out);
    if disk.readonly
        && disk.device() == DiskDevice::Disk
        && let Some(bus @ (DiskBus::Ide | DiskBus::Sata)) = disk.bus()
    {
        let message = format!("disk '{}' on bus '{bus}' cannot be read-only", disk.dst());
        out.refuse(&READONLY, disk.info.pos.path("readonly"), message);
    }
    check_driver(cx, disk, out);
    check_serial(disk, out);
    check_transient(cx, disk, out);
    if disk.shareable && !disk.readonly && disk.image.format.is_some_and(|f| f != ImageFormat::Raw) {
        let message = format!("disk '{}' is shared, which takes format 'raw'", disk.dst());
        out.refuse(&SHARED, disk.info.pos.path("shareable"), message);
    }
    if let Some(name) = disk.driver.name.as_deref().filter(|n| *n != "qemu") {
        let message = format!("driver name '{name}' of disk '{}' is not 'qemu'", disk.dst());
        out.refuse(&DRIVER_NAME, disk.driver.pos.attr("name"), message);
    }
    check_target(disk, out);
    if disk.bus() == Some(DiskBus::Virtio) {
        virtio::available(cx, disk.driver.virtio, &disk.driver.pos.path(""), out);
    }
    check_vhost(cx, disk, out);
}

/// Refuses `what` where the QEMU has no `cap`.
fn need(cx: &Context<'_>, disk: &Disk, cap: Cap, what: &str, out: &mut Findings<'_>) {
    if !cx.has(cap) {
        let message = format!("this QEMU has no {what}, as disk '{}' asks for", disk.dst());
        out.refuse(&QEMU_LACKS, disk.info.pos, message);
    }
}

fn check_shape(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let bus = disk.bus().map_or("", Spelled::as_str);
    let place = || disk.info.pos.path("geometry");
    if let Some(geometry) = disk.geometry
        && !cx.release.has(Convention::StricterDisks)
        && let Some((name, _)) = geometry.numbers().into_iter().find(|(_, number)| number.is_none())
    {
        let message = format!("element 'geometry' of disk '{}' lacks its attribute '{name}'", disk.dst());
        out.refuse(&GEOMETRY_PART, place(), message);
    }
    if let Some(geometry) = disk.geometry.filter(virtargv_model::device::disk::Geometry::is_whole) {
        if matches!(disk.bus(), Some(DiskBus::Usb | DiskBus::Sd)) {
            out.refuse(&GEOMETRY, place(), format!("'geometry' cannot be set for bus '{bus}'"));
        }
        if geometry.trans.is_some() && disk.bus() != Some(DiskBus::Ide) {
            let message = format!("'trans' of 'geometry' is for bus 'ide', not '{bus}'");
            out.refuse(&GEOMETRY, place(), message);
        }
    }
    if disk.serial.is_some() && disk.bus() == Some(DiskBus::Sd) {
        let message = format!("'serial' is not for bus '{bus}'");
        out.refuse(&SERIAL_SD, disk.info.pos.path("serial"), message);
    }
    if disk.device() == DiskDevice::Cdrom && matches!(disk.bus(), Some(DiskBus::Virtio | DiskBus::Sd)) {
        let message =
            format!("disk '{}' is a CD-ROM, whose media cannot be changed on bus '{bus}'", disk.dst());
        out.refuse(&EJECTABLE, disk.target_pos.attr("bus"), message);
    }
    if disk.driver.copy_on_read == Some(OnOff::On) {
        let place = || disk.driver.pos.attr("copy_on_read");
        if disk.readonly {
            let message =
                format!("'copy_on_read' needs a disk that is written, '{}' is read-only", disk.dst());
            out.refuse(&COPY_ON_READ, place(), message);
        } else if matches!(disk.device(), DiskDevice::Cdrom | DiskDevice::Floppy) {
            let message = format!("'copy_on_read' needs a medium that stays, unlike '{}'", disk.dst());
            out.refuse(&COPY_ON_READ, place(), message);
        }
    }
}

fn check_names(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    if disk.wwn.is_some() {
        match disk.bus() {
            Some(DiskBus::Ide) => need(cx, disk, Cap::IdeDriveWwn, "'wwn' of 'ide' disks", out),
            Some(DiskBus::Scsi) => need(cx, disk, Cap::ScsiDiskWwn, "'wwn' of 'scsi' disks", out),
            _ => {
                let message = format!("'wwn' is for 'ide' and 'scsi' disks, not for '{}'", disk.dst());
                out.refuse(&WWN, disk.info.pos.path("wwn"), message);
            }
        }
    }
    if disk.vendor.is_some() || disk.product.is_some() {
        if disk.bus() == Some(DiskBus::Scsi) {
            need(cx, disk, Cap::ScsiDiskWwn, "vendor or product of 'scsi' disks", out);
        } else {
            let message = format!("'vendor' and 'product' are for 'scsi' disks, not for '{}'", disk.dst());
            out.refuse(&VENDOR, disk.info.pos, message);
        }
    }
}

fn check_lun(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    if disk.device() != DiskDevice::Lun {
        return;
    }
    let mut refuse = |message: String| out.refuse(&LUN, disk.info.pos, message);
    let bus = disk.bus().map_or("", Spelled::as_str);
    if !matches!(disk.bus(), Some(DiskBus::Virtio | DiskBus::Scsi)) {
        refuse(format!("a disk with device='lun' cannot have bus='{bus}'"));
    }
    if disk.driver.copy_on_read == Some(OnOff::On) {
        refuse(format!("'copy_on_read' is not for 'lun' disk '{}'", disk.dst()));
    }
    if disk.wwn.is_some() {
        refuse(format!("'lun' disk '{}' has the 'wwn' of its device", disk.dst()));
    }
    if disk.vendor.is_some() || disk.product.is_some() {
        refuse(format!("'lun' disk '{}' has the vendor and product of its device", disk.dst()));
    }
    match disk.bus() {
        Some(DiskBus::Scsi) => need(cx, disk, Cap::ScsiBlock, "'scsi-block' for a 'lun'", out),
        // Once, a QEMU without the switch was taken to pass SCSI commands always.
        Some(DiskBus::Virtio) if cx.release.has(Convention::StricterDisks) => {
            need(cx, disk, Cap::VirtioBlkScsi, "SCSI commands for a 'lun' on 'virtio-blk'", out);
        }
        _ => {}
    }
}

fn check_rotation(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let Some(rate) = disk.target.rotation_rate else { return };
    let has = matches!(disk.bus(), Some(DiskBus::Scsi | DiskBus::Ide | DiskBus::Sata));
    if !has || disk.device() != DiskDevice::Disk || !cx.has(Cap::RotationRate) {
        let message =
            format!("'rotation_rate' '{rate}' is for hard disks on SCSI, IDE and SATA of a QEMU that has it");
        out.refuse(&ROTATION, disk.target_pos.attr("rotation_rate"), message);
    }
}

fn check_address(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let fits = match disk.bus() {
        Some(DiskBus::Scsi | DiskBus::Ide | DiskBus::Fdc | DiskBus::Sata) => {
            matches!(disk.info.address, Some(Address::Drive(_)))
        }
        Some(DiskBus::Usb) => {
            need(cx, disk, Cap::DeviceUsbStorage, "'-device usb-storage'", out);
            matches!(disk.info.address, None | Some(Address::Usb(_)))
        }
        _ => true,
    };
    if !fits {
        let bus = disk.bus().map_or("", Spelled::as_str);
        let kind = disk.info.address.as_ref().map_or("none", |a| a.kind().as_str());
        let message = format!("disk '{}' on bus '{bus}' has an address of type '{kind}'", disk.dst());
        out.refuse(&ADDRESS, disk.info.pos.path("address/@type"), message);
    }
    let late = cx.release.has(Convention::StricterDisks);
    if disk.bus() == Some(DiskBus::Usb) && late && disk.image.is_empty() {
        let message = format!("disk '{}' is on 'usb', where no drive is empty", disk.dst());
        out.refuse(&USB_EMPTY, disk.info.pos, message);
    }
    if disk.bus() == Some(DiskBus::Usb) && disk.target.removable.is_some() {
        need(cx, disk, Cap::UsbStorageRemovable, "'removable' of USB storage", out);
    }
}

fn check_driver(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let driver = &disk.driver;
    if driver.io == Some(IoMode::Native)
        && !matches!(driver.cache, Some(CacheMode::None | CacheMode::Directsync))
    {
        let message = format!("io='native' of disk '{}' needs cache 'none' or 'directsync'", disk.dst());
        out.refuse(&NATIVE, driver.pos.attr("io"), message);
    }
    if driver.io == Some(IoMode::IoUring) {
        need(cx, disk, Cap::AioIoUring, "io='io_uring'", out);
    }
    if driver.detect_zeroes.is_some() {
        need(cx, disk, Cap::DriveDetectZeroes, "'detect_zeroes'", out);
    }
    if driver.discard.is_some() {
        need(cx, disk, Cap::DriveDiscard, "'discard'", out);
    }
    if driver.discard_no_unref.is_some() {
        need(cx, disk, Cap::Qcow2DiscardNoUnref, "'discard_no_unref'", out);
    }
    if disk.bus() == Some(DiskBus::Virtio) {
        if driver.queues.is_some_and(|n| n > 0) {
            need(cx, disk, Cap::VirtioBlkNumQueues, "'num-queues'", out);
        }
        if driver.queue_size.is_some_and(|n| n > 0) {
            need(cx, disk, Cap::VirtioBlkQueueSize, "'queue-size'", out);
        }
    }
}

fn check_serial(disk: &Disk, out: &mut Findings<'_>) {
    let Some(serial) = &disk.serial else { return };
    let place = || disk.info.pos.path("serial");
    if disk.bus() == Some(DiskBus::Scsi) && disk.device() == DiskDevice::Lun {
        let message = format!("'lun' disk '{}' has the 'serial' of its device", disk.dst());
        out.refuse(&SERIAL_LUN, place(), message);
    }
    let known = |c: char| c.is_ascii_alphanumeric() || "-_ .+".contains(c);
    if !serial.chars().all(known) {
        let message = format!("serial '{serial}' has characters other than letters, digits and '-_ .+'");
        out.refuse(&SERIAL_CHARS, place(), message);
    }
}

fn check_transient(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let Some(transient) = disk.transient else { return };
    let name = disk.dst();
    let mut refuse = |what: &str| {
        let message = format!("disk '{name}' is transient, {what}");
        out.refuse(&TRANSIENT, disk.info.pos.path("transient"), message);
    };
    if disk.image.is_empty() {
        refuse("so it cannot be empty");
    }
    if disk.readonly {
        refuse("so it cannot be read-only");
    }
    if disk.image.kind() != SourceType::File {
        refuse("which takes a source of type 'file'");
    }
    if disk.device() != DiskDevice::Disk {
        refuse("which only a 'disk' device can be");
    }
    let shares = transient.share_backing == Some(YesNo::Yes);
    if shares && !cx.has(Cap::SetAction) && !reboots(cx) {
        refuse("shares its backing image and is to be gone after a reboot, which this QEMU cannot do");
    }
    if shares && !matches!(disk.bus(), Some(DiskBus::Usb | DiskBus::Virtio | DiskBus::Scsi)) {
        let bus = disk.bus().map_or("", Spelled::as_str);
        refuse(&format!("and is plugged in late, which bus '{bus}' does not allow"));
    }
    if !cx.has(Cap::Blockdev) {
        refuse("which this QEMU cannot do");
    }
}

/// Whether the guest's own reboots are reboots.
fn reboots(cx: &Context<'_>) -> bool {
    let lifecycle = &cx.domain.lifecycle;
    let crash_ends = matches!(lifecycle.on_crash, None | Some(Action::Destroy | Action::CoredumpDestroy));
    let off_ends = matches!(lifecycle.on_poweroff, None | Some(Action::Destroy));
    !(lifecycle.on_reboot == Some(Action::Destroy) && off_ends && crash_ends)
}

fn check_target(disk: &Disk, out: &mut Findings<'_>) {
    let message = match DiskName::parse(disk.dst()) {
        None => format!("target '{}' is no name of a disk", disk.dst()),
        // A partition of 0 is as good as none.
        Some(name) if name.partition.is_some_and(|p| p > 0) => {
            format!("target '{}' names a part of a disk", disk.dst())
        }
        Some(_) => return,
    };
    out.refuse(&TARGET, disk.target_pos.attr("dev"), message);
}

fn check_vhost(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let kind = disk.image.kind();
    let cap = match kind {
        SourceType::VhostUser => Cap::DeviceVhostUserBlk,
        SourceType::VhostVdpa => Cap::DeviceVirtioBlkVhostVdpa,
        _ => return,
    };
    need(cx, disk, cap, &format!("disks of type '{kind}'"), out);
    super::super::vhost_user::check(cx, kind.as_str(), disk.info.pos, out);
    let direct = matches!(disk.driver.cache, Some(CacheMode::None | CacheMode::Directsync));
    if kind == SourceType::VhostVdpa && !direct {
        let message = format!("disk of type '{kind}' needs cache 'directsync' or 'none'");
        out.refuse(&VDPA_CACHE, disk.driver.pos.attr("cache"), message);
    }
}
