//! Rules of the domain format on disks, which do not depend on QEMU.

use virtargv_caps::Convention;
use virtargv_model::device::disk::{Disk, DiskBus, DiskDevice, DiskModel, Tray};
use virtargv_model::device::storage::{ImageFormat, Location, SourceType, StartupPolicy};
use virtargv_model::info::Address;
use virtargv_model::{Message, OnOff, Spelled};

use super::super::security::label;
use super::super::virtio;
use super::{encryption, iotune, lun, name, network, vhost_user};
use crate::{Context, Findings};

virtargv_model::rules! {
    /// A disk on an IDE, floppy, SCSI, SATA or NVMe bus has an address of type `drive`.
    ADDRESS_TYPE = "disk-address-type": Unsupported, Validate,
        "`<disk><address type=>`: a disk on these buses is attached to a disk controller",
        help "use `<address type='drive'>`, or remove the `<address>`";
    /// Only a disk on bus `virtio` has a model of virtio.
    MODEL = "disk-model-bus": Unsupported, Validate,
        "`<disk model=>`: `virtio`, `virtio-transitional` and `virtio-non-transitional` are variants of `virtio-blk`; those of other buses are ignored",
        help "remove `model=`, or use `bus='virtio'`";
    /// Only a disk on bus `virtio` has options of virtqueues.
    VIRTIO_ONLY = "disk-virtio-only": Unsupported, Validate,
        "`<disk><driver queues= queue_size= event_idx= ioeventfd=>`: properties of `virtio-blk`",
        help "remove the attribute from `<driver>`, or use `bus='virtio'`";
    /// Only a CD-ROM or floppy drive has a tray.
    TRAY = "disk-tray": Unsupported, Validate (Read before "7.1"),
        "`<disk><target tray=>`: a hard disk's medium cannot be ejected",
        help "remove `tray=` from `<target>`";
    /// The namespace of an NVMe disk is at least 1.
    NAMESPACE = "disk-nvme-namespace": Unsupported, Validate,
        "`<disk type='nvme'><source namespace=>`: NVMe numbers the namespaces of a controller from 1",
        help "set `namespace='1'` or the number of another namespace";
    /// The vendor of a disk has at most 8 bytes.
    VENDOR = "disk-vendor-length": Unsupported (Xml before "9.0"), Validate (Read before "7.1"),
        "`<disk><vendor>`: the field of the answer to a SCSI INQUIRY has 8 bytes",
        help "shorten the text of `<vendor>`";
    /// The product of a disk has at most 16 bytes on SCSI, and 40 elsewhere.
    PRODUCT = "disk-product-length": Unsupported (Xml before "9.0"), Validate (Read before "7.1"),
        "`<disk><product>`: the field of the answer to a SCSI INQUIRY has 16 bytes, that of an ATA IDENTIFY 40",
        help "shorten the text of `<product>`";
    /// A floppy drive is on bus `fdc`, and no other device is.
    FLOPPY_BUS = "disk-floppy-bus": Internal, Validate (Read before "7.1"),
        "`<disk device=><target bus=>`: the floppy controller has floppy drives only",
        help "use `device='floppy'` with `bus='fdc'`";
    /// Only a disk on bus `usb`, or a hard disk on bus `scsi`, is removable.
    REMOVABLE = "disk-removable": Xml, Validate (Read before "7.1"),
        "`<disk><target removable=>`: `removable=` is a property of `usb-storage` and `scsi-hd`",
        help "remove `removable=` from `<target>`, or use `bus='usb'`";
    /// Only a disk on bus `scsi` says whether it takes DPO and FUA.
    DPOFUA = "disk-dpofua": Unsupported, Validate,
        "`<disk><target dpofua=>`: `dpofua=` of `scsi-hd`, `scsi-cd` and `scsi-block`",
        help "remove `dpofua=` from `<target>`, or use `bus='scsi'`", since "11.10";
    /// A startup policy needs a local source, and the policy `requisite` a CD-ROM or floppy drive.
    STARTUP_POLICY = "disk-startup-policy": Xml, Validate (Read before "7.1"),
        "`<disk><source startupPolicy=>`: libvirt looks for files, block devices, directories and volumes only, and drops the medium of a drive",
        help "remove `startupPolicy=`, or use `mandatory` or `optional` with a local source";
    /// A hard disk has a source.
    NO_SOURCE = "disk-source-missing": Plain, Validate (Read before "7.1"),
        "`<disk device='disk'><source>`: only CD-ROM and floppy drives can be empty",
        help "add the `<source>`";
    /// Only a writable qcow2 image keeps discarded clusters allocated.
    DISCARD_NO_UNREF = "disk-discard-no-unref-format": Unsupported, Validate,
        "`<disk><driver discard_no_unref=>`: `discard-no-unref=` of the block driver `qcow2`",
        help "remove `discard_no_unref=` from `<driver>`";
}

/// Checks `disk` against the rules above and those of the domain format in the other modules.
pub(super) fn check(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    check_secrets(disk, out);
    lun::check_source(disk, out);
    lun::check_options(disk, out);
    iotune::check_totals(disk, out);
    check_after_reading(cx, disk, out);
    check_tray(cx, disk, out);
    check_identity(cx, disk, out);
    check_kind(cx, disk, out);
    check_startup(disk, out);
    name::check_prefix(cx, disk, out);
    check_there(disk, out);
    check_discard_no_unref(disk, out);
}

/// Checks the rules that early releases check while they read the disk, in their order.
pub(super) fn check_reading(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    check_identity(cx, disk, out);
    iotune::check_totals(disk, out);
    check_there(disk, out);
    name::check_prefix(cx, disk, out);
    check_tray(cx, disk, out);
    lun::check_options(disk, out);
    check_kind(cx, disk, out);
    check_startup(disk, out);
    check_secrets(disk, out);
}

/// Checks the rules that early releases check after those of QEMU.
pub(super) fn check_late(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    lun::check_source(disk, out);
    check_after_reading(cx, disk, out);
    check_discard_no_unref(disk, out);
}

fn check_after_reading(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    check_bus(disk, out);
    if let Location::Nvme(nvme) = &disk.image.location
        && nvme.namespace == 0
    {
        let message = format!("`namespace` of disk `{}` is `0`, it must be at least 1", disk.dst());
        out.refuse(&NAMESPACE, disk.image.pos.attr("namespace"), message);
    }
    if disk.image.kind() == SourceType::VhostUser {
        vhost_user::check(disk, out);
    }
    label::check(cx, disk.images().flat_map(|image| &image.seclabels), out);
}

fn check_secrets(disk: &Disk, out: &mut Findings<'_>) {
    for image in disk.images() {
        network::check_auth(image, out);
        encryption::check_cipher(image, out);
    }
}

/// Checks that a hard disk has a source.
pub(super) fn check_there(disk: &Disk, out: &mut Findings<'_>) {
    // A volume is looked up by the name of its pool, even where it has none.
    let is_volume = disk.image.kind() == SourceType::Volume;
    if disk.image.is_empty() && !is_volume && disk.device() == DiskDevice::Disk {
        let message = missing_source(disk);
        out.refuse(&NO_SOURCE, disk.info.pos.path("source"), message);
    }
}

/// The message for a hard disk without a source.
fn missing_source(disk: &Disk) -> Message {
    let kind = disk.image.kind();
    let (attribute, value) = match kind {
        SourceType::File => ("file", "/path/to/image"),
        SourceType::Block => ("dev", "/dev/sdb"),
        SourceType::Dir => ("dir", "/path/to/directory"),
        _ => ("", ""),
    };
    // Of a disk with an empty `<source>`, the place of the image is that of `<source>`.
    let has_source = disk.image.pos.offset() != disk.info.pos.offset();
    let name = disk.dst();
    let (what, help) = match (has_source, attribute) {
        (false, "") => (
            format!("disk `{name}` of type `{kind}` has no `<source>`"),
            format!("add the `<source>` of type `{kind}` to the `<disk>`"),
        ),
        (true, "") => (
            format!("the `<source>` of disk `{name}` of type `{kind}` is empty"),
            format!("write into `<source>` what type `{kind}` needs"),
        ),
        (false, _) => (
            format!("disk `{name}` has no `<source>`, and a disk of type `{kind}` needs `{attribute}=`"),
            format!("add `<source {attribute}='{value}'/>` to the `<disk>`"),
        ),
        (true, _) => (
            format!("`<source>` of disk `{name}` has no `{attribute}=`, which a disk of type `{kind}` needs"),
            format!("write `<source {attribute}='{value}'/>` in its place"),
        ),
    };
    // A drive that can be empty is not on these buses.
    let is_drive = matches!(disk.bus(), Some(DiskBus::Ide | DiskBus::Sata | DiskBus::Scsi));
    let or = if is_drive { ", or use `device='cdrom'` for a drive without a medium" } else { "" };
    Message::new(what).with_help(format!("{help}{or}"))
}

fn check_tray(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let counts = |tray| tray == Tray::Open || cx.release.has(Convention::ClosedTrayGiven);
    if disk.target.tray.is_some_and(counts)
        && !matches!(disk.device(), DiskDevice::Floppy | DiskDevice::Cdrom)
    {
        let message =
            format!("`tray` is only supported for CD-ROM and floppy drives, not for disk `{}`", disk.dst());
        out.refuse(&TRAY, disk.target_pos.attr("tray"), message);
    }
}

fn check_discard_no_unref(disk: &Disk, out: &mut Findings<'_>) {
    if disk.driver.discard_no_unref != Some(OnOff::On) {
        return;
    }
    let place = || disk.driver.pos.attr("discard_no_unref");
    if disk.image.format != Some(ImageFormat::Qcow2) {
        let message = "`discard_no_unref` of `<driver>` needs image format `qcow2`";
        out.refuse(&DISCARD_NO_UNREF, place(), message);
    }
    if disk.readonly {
        let message =
            format!("`discard_no_unref` of `<driver>` needs a writable disk, `{}` is read-only", disk.dst());
        out.refuse(&DISCARD_NO_UNREF, place(), message);
    }
}

fn check_bus(disk: &Disk, out: &mut Findings<'_>) {
    let bus = disk.bus().unwrap_or(DiskBus::Ide);
    let on_controller =
        matches!(bus, DiskBus::Ide | DiskBus::Fdc | DiskBus::Scsi | DiskBus::Sata | DiskBus::Nvme);
    if let Some(address) = &disk.info.address
        && on_controller
        && !matches!(address, Address::Drive(_))
    {
        let message = format!(
            "disk `{}` on bus `{bus}` needs an address of type `drive`, not `{}`",
            disk.dst(),
            address.kind()
        );
        out.refuse(&ADDRESS_TYPE, disk.info.pos.path("address/@type"), message);
    }
    if bus == DiskBus::Virtio {
        return;
    }
    let of_usb = |model: &DiskModel| matches!(model, DiskModel::UsbStorage | DiskModel::UsbBot);
    if let Some(model) = disk.model.filter(|model| !of_usb(model)) {
        let message = format!("model `{model}` of disk `{}` is not supported for bus `{bus}`", disk.dst());
        out.refuse(&MODEL, disk.info.pos.attr("model"), message);
    }
    let driver = &disk.driver;
    let queues = driver.queues.is_some_and(|n| n > 0);
    let queue_size = driver.queue_size.is_some_and(|n| n > 0);
    for (name, is_set) in [
        ("queues", queues),
        ("queue_size", queue_size),
        ("event_idx", driver.event_idx.is_some()),
        ("ioeventfd", driver.ioeventfd.is_some()),
    ] {
        if is_set {
            let message = format!("`{name}` of `<driver>` needs bus `virtio`, not `{bus}`");
            out.refuse(&VIRTIO_ONLY, driver.pos.attr(name), message);
        }
    }
    virtio::absent(driver.virtio, &driver.pos.path(""), out);
}

fn check_identity(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let inquiry = disk.bus() == Some(DiskBus::Scsi) || !cx.release.has(Convention::AtaProduct);
    let fields = [
        ("vendor", &disk.vendor, 8, &VENDOR),
        ("product", &disk.product, if inquiry { 16 } else { 40 }, &PRODUCT),
    ];
    for (name, text, most, rule) in fields {
        if let Some(text) = text
            && text.len() > most
        {
            let message = format!("`<{name}>` is `{text}`, which is longer than {most} bytes");
            out.refuse(rule, disk.info.pos.path(name), message);
        }
    }
}

fn check_kind(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let bus = disk.bus();
    let is_floppy = disk.device() == DiskDevice::Floppy;
    if is_floppy != (bus == Some(DiskBus::Fdc)) {
        let word = bus.map_or("", Spelled::as_str);
        let message = format!("bus `{word}` is not supported for device `{}`", disk.device());
        out.refuse(&FLOPPY_BUS, disk.target_pos.attr("bus"), message);
    }
    if let Some(dpofua) = disk.target.dpofua
        && bus != Some(DiskBus::Scsi)
    {
        let message = format!("`dpofua` (`{dpofua}`) of disk `{}` needs bus `scsi`", disk.dst());
        out.refuse(&DPOFUA, disk.target_pos.attr("dpofua"), message);
    }
    if disk.target.removable.is_some() {
        let scsi = bus == Some(DiskBus::Scsi)
            && disk.device() == DiskDevice::Disk
            && cx.release.has(Convention::RemovableScsi);
        if bus != Some(DiskBus::Usb) && !scsi {
            let message = format!("`removable` is not supported for the bus of disk `{}`", disk.dst());
            out.refuse(&REMOVABLE, disk.target_pos.attr("removable"), message);
        }
    }
}

fn check_startup(disk: &Disk, out: &mut Findings<'_>) {
    let Some(policy) = disk.image.startup_policy else { return };
    let place = || disk.image.pos.attr("startupPolicy");
    let kind = disk.image.kind();
    if !matches!(kind, SourceType::Volume | SourceType::File | SourceType::Block | SourceType::Dir) {
        let message = format!("startupPolicy `{policy}` is not supported for a disk of type `{kind}`");
        out.refuse(&STARTUP_POLICY, place(), message);
    }
    let drive = matches!(disk.device(), DiskDevice::Cdrom | DiskDevice::Floppy);
    if policy == StartupPolicy::Requisite && !drive {
        let message = "startupPolicy `requisite` needs a CD-ROM or floppy drive";
        out.refuse(&STARTUP_POLICY, place(), message);
    }
}
