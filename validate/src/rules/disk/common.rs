//! Rules on disks that hold whatever runs the guest.

use virtargv_caps::Convention;
use virtargv_model::device::disk::{Disk, DiskBus, DiskDevice, Iotune, Sgio};
use virtargv_model::device::storage::{
    Auth, EncryptionFormat, Image, ImageFormat, Location, Protocol, SourceType, StartupPolicy,
};
use virtargv_model::info::Address;
use virtargv_model::{OnOff, Spelled, YesNo};

use super::super::virtio;
use super::vhost_user;
use crate::{Context, Findings};
use virtargv_model::security::DeviceSeclabel;

virtargv_model::rules! {
    /// A disk has a target.
    NO_TARGET = "disk-target-missing": Plain, Validate, "disk/target; the name is what everything else calls the disk by";
    /// Only some protocols ask who one is.
    AUTH_PROTOCOL = "disk-auth-protocol": Unsupported, Validate, "disk/source/auth";
    /// A secret is for something the reference knows.
    SECRET_UNKNOWN = "disk-auth-secret-unknown": Unsupported, Validate, "auth/secret/@type";
    /// The secret of a protocol is for that protocol.
    SECRET_TYPE = "disk-auth-secret-type": Unsupported, Validate, "auth/secret/@type; iscsi and ceph users have secrets of their own";
    /// What a disk is encrypted with is in its image.
    LUKS_CIPHER = "disk-luks-cipher": Unsupported, Validate, "encryption/cipher; the LUKS header says it";
    /// SCSI commands are always filtered.
    SGIO_UNFILTERED = "disk-sgio-unfiltered": Unsupported, Validate, "disk/@sgio; kernels have no such switch any more";
    /// A SCSI unit is a block device of the host or an iSCSI unit, as it is.
    LUN_SOURCE = "disk-lun-source": Unsupported, Validate, "disk/@device; SCSI commands go to the host's device";
    /// Reservations are made for SCSI units alone.
    RESERVATIONS = "disk-reservations": Unsupported, Validate, "source/reservations; they are SCSI commands";
    /// Raw I/O is for SCSI units alone.
    RAWIO = "disk-rawio": Unsupported, Validate, "disk/@rawio";
    /// The filter of SCSI commands is for SCSI units alone.
    SGIO = "disk-sgio": Unsupported, Validate, "disk/@sgio";
    /// A limit on the total excludes limits on its parts.
    TOTAL_AND_PARTS = "disk-iotune-total": Xml, Validate, "disk/iotune; QEMU's throttling takes one or the other";
    /// A disk's address is of the kind its bus has.
    ADDRESS_TYPE = "disk-address-type": Unsupported, Validate, "disk/address; disks on these buses sit on a disk controller";
    /// Models are models of virtio.
    MODEL = "disk-model-bus": Unsupported, Validate, "disk/@model; virtio-blk alone has variants";
    /// What tunes virtqueues is for virtio disks.
    VIRTIO_ONLY = "disk-virtio-only": Unsupported, Validate, "disk/driver; virtio-blk properties";
    /// A label for a disk needs a domain that labels files.
    RELABEL = "disk-relabel": Unsupported, Validate, "source/seclabel; the security driver must be allowed to label";
    /// Only drives with a medium have a tray.
    TRAY = "disk-tray": Unsupported, Validate, "target/@tray";
    /// Namespaces of NVMe drives count from 1.
    NAMESPACE = "disk-nvme-namespace": Unsupported, Validate, "source/@namespace; block driver nvme namespace=";
    /// A SCSI vendor has at most 8 characters.
    VENDOR = "disk-vendor-length": Unsupported, Validate, "disk/vendor; SCSI INQUIRY";
    /// A SCSI product has at most 16 characters.
    PRODUCT = "disk-product-length": Unsupported, Validate, "disk/product; SCSI INQUIRY";
    /// A SCSI vendor has at most 8 characters (as the older releases put it).
    VENDOR_XML = "disk-vendor-length-xml": Xml, Validate, "disk/vendor; SCSI INQUIRY";
    /// A SCSI product has at most 16 characters (as the older releases put it).
    PRODUCT_XML = "disk-product-length-xml": Xml, Validate, "disk/product; SCSI INQUIRY";
    /// Floppy drives are on the floppy controller, and nothing else is.
    FLOPPY_BUS = "disk-floppy-bus": Internal, Validate, "disk/target/@bus";
    /// Only disks that can be pulled out are removable.
    REMOVABLE = "disk-removable": Xml, Validate, "target/@removable; usb-storage removable=, scsi-hd removable=";
    /// An image may be missing at start only where it would be found on this host.
    STARTUP_POLICY = "disk-startup-policy": Xml, Validate, "source/@startupPolicy";
    /// A hard disk has a hard disk's name, a floppy a floppy's.
    NAME_PREFIX = "disk-name-prefix": Internal, Validate, "target/@dev";
    /// A hard disk has an image.
    NO_SOURCE = "disk-source-missing": Plain, Validate, "disk/source; only drives can be empty";
    /// Clusters stay allocated only in qcow2 images that are written.
    DISCARD_NO_UNREF = "disk-discard-no-unref-format": Unsupported, Validate, "driver/@discard_no_unref; qcow2 discard-no-unref=";
}

/// A disk has no target.
pub(super) fn no_name(disk: &Disk, out: &mut Findings<'_>) {
    let shown = match &disk.image.location {
        Location::Volume(volume) => volume.volume.as_deref().unwrap_or(""),
        _ => disk.image.path().unwrap_or(""),
    };
    out.refuse(&NO_TARGET, disk.info.pos, format!("the disk of '{shown}' lacks its child 'target'"));
}

/// Which of these rules are held: a release may hold some while it reads and the others late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All.
    All,
    /// Those that were once held while reading.
    Early,
    /// The others.
    Late,
}

/// Holds `disk` against the rules.
pub(super) fn check(cx: &Context<'_>, disk: &Disk, part: Part, out: &mut Findings<'_>) {
    let (early, late) = (part != Part::Late, part != Part::Early);
    if early {
        for image in disk.images() {
            check_image(cx, image, out);
        }
    }
    if late {
        check_lun(cx, disk, out);
    }
    if early {
        check_lun_options(disk, out);
        if let Some(tune) = &disk.iotune {
            check_iotune(tune, out);
        }
    }
    if late {
        check_bus(disk, out);
        if let Location::Nvme(nvme) = &disk.image.location
            && nvme.namespace == 0
        {
            let message = format!("'namespace' of disk '{}' is '0', they count from 1", disk.dst());
            out.refuse(&NAMESPACE, disk.image.pos.attr("namespace"), message);
        }
        if disk.image.kind() == SourceType::VhostUser {
            vhost_user::check(disk, out);
        }
        check_labels(cx, disk, out);
    }
    if early {
        check_tray(disk, out);
        check_identity(cx, disk, out);
        check_kind(cx, disk, out);
        check_startup(disk, out);
        check_name(disk, out);
        if disk.image.is_empty() && disk.device() == DiskDevice::Disk {
            out.refuse(&NO_SOURCE, disk.info.pos, format!("disk '{}' has no source", disk.dst()));
        }
    }
    if late {
        check_discard_no_unref(disk, out);
    }
}

fn check_tray(disk: &Disk, out: &mut Findings<'_>) {
    if disk.target.tray.is_some() && !matches!(disk.device(), DiskDevice::Floppy | DiskDevice::Cdrom) {
        let message = format!("disk '{}' is no cdrom or floppy drive and has no 'tray'", disk.dst());
        out.refuse(&TRAY, disk.target_pos.attr("tray"), message);
    }
}

fn check_discard_no_unref(disk: &Disk, out: &mut Findings<'_>) {
    if disk.driver.discard_no_unref != Some(OnOff::On) {
        return;
    }
    let place = || disk.driver.pos.attr("discard_no_unref");
    if disk.image.format != Some(ImageFormat::Qcow2) {
        let message = "'discard_no_unref' of element 'driver' is for images of format 'qcow2'";
        out.refuse(&DISCARD_NO_UNREF, place(), message);
    }
    if disk.readonly {
        let message = format!(
            "'discard_no_unref' of element 'driver' is for disks that are written, '{}' is read-only",
            disk.dst()
        );
        out.refuse(&DISCARD_NO_UNREF, place(), message);
    }
}

fn check_image(cx: &Context<'_>, image: &Image, out: &mut Findings<'_>) {
    if let Some(net) = image.network()
        && let Some(auth) = &image.auth
        && let Some(protocol) = net.protocol
    {
        check_auth(cx, protocol, auth, out);
    }
    if let Some(encryption) = &image.encryption
        && encryption.format == EncryptionFormat::Luks
        && encryption.cipher.is_some()
    {
        let message = "element 'cipher' of a disk's 'luks' encryption says what the image says itself";
        out.refuse(&LUKS_CIPHER, encryption.pos.path("cipher"), message);
    }
}

fn check_auth(cx: &Context<'_>, protocol: Protocol, auth: &Auth, out: &mut Findings<'_>) {
    let asks = matches!(
        protocol,
        Protocol::Iscsi
            | Protocol::Http
            | Protocol::Https
            | Protocol::Ftp
            | Protocol::Ftps
            | Protocol::Ssh
            | Protocol::Rbd
    );
    if !asks && cx.release.has(Convention::StricterDisks) {
        let message = format!("protocol '{protocol}' of element 'source' has no use for 'auth'");
        out.refuse(&AUTH_PROTOCOL, auth.pos, message);
    }
    let kind = auth.secret_type.as_deref().unwrap_or("");
    let place = || auth.pos.path("secret/@type");
    if !["none", "volume", "ceph", "iscsi", "tls", "vtpm"].contains(&kind) {
        let message = format!("attribute 'type' of element 'secret' is '{kind}', which is no kind of secret");
        out.refuse(&SECRET_UNKNOWN, place(), message);
        return;
    }
    let wanted = match protocol {
        Protocol::Iscsi => "iscsi",
        Protocol::Rbd => "ceph",
        _ => return,
    };
    if kind != wanted {
        let message = format!(
            "attribute 'type' of element 'secret' is '{kind}', protocol '{protocol}' takes '{wanted}'"
        );
        out.refuse(&SECRET_TYPE, place(), message);
    }
}

fn check_lun(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    if disk.sgio == Some(Sgio::Unfiltered) && cx.release.has(Convention::StricterDisks) {
        let message = "attribute 'sgio' is 'unfiltered', which no kernel offers any more";
        out.refuse(&SGIO_UNFILTERED, disk.info.pos.attr("sgio"), message);
    }
    let image = &disk.image;
    if disk.device() == DiskDevice::Lun {
        if let Some(what) = lun_problem(image) {
            let message = format!("disk '{}' is of device='lun', which {what}", disk.dst());
            out.refuse(&LUN_SOURCE, image.pos, message);
        }
    } else if image.reservations.is_some() {
        let message = format!("disk '{}' is no 'lun' and has no 'reservations'", disk.dst());
        out.refuse(&RESERVATIONS, image.pos.path("reservations"), message);
    }
}

fn check_lun_options(disk: &Disk, out: &mut Findings<'_>) {
    if disk.device() == DiskDevice::Lun {
        return;
    }
    if let Some(rawio) = disk.rawio {
        let message = format!("attribute 'rawio' ('{rawio}') goes with device='lun'");
        out.refuse(&RAWIO, disk.info.pos.attr("rawio"), message);
    }
    if let Some(sgio) = disk.sgio {
        let message = format!("attribute 'sgio' ('{sgio}') goes with device='lun'");
        out.refuse(&SGIO, disk.info.pos.attr("sgio"), message);
    }
}

/// What keeps an image from being a SCSI unit.
fn lun_problem(image: &Image) -> Option<String> {
    match &image.location {
        Location::Network(net) if net.protocol != Some(Protocol::Iscsi) => {
            let protocol = net.protocol.map_or("none", Spelled::as_str);
            return Some(format!("protocol='{protocol}' cannot be"));
        }
        Location::Network(_) | Location::Block { .. } | Location::Volume(_) => {}
        _ => return Some("only a source of type 'block' can be".to_owned()),
    }
    let encrypted = |e: &virtargv_model::device::storage::Encryption| e.format != EncryptionFormat::Default;
    if image.format.is_some_and(|f| f != ImageFormat::Raw) {
        return Some("is of format 'raw'".to_owned());
    }
    if image.slice.is_some() {
        return Some("is not a slice".to_owned());
    }
    image.encryption.as_deref().filter(|e| encrypted(e)).map(|_| "is not encrypted".to_owned())
}

fn check_iotune(tune: &Iotune, out: &mut Findings<'_>) {
    let sets = [
        ("bytes_sec", tune.total_bytes_sec, tune.read_bytes_sec | tune.write_bytes_sec),
        ("iops_sec", tune.total_iops_sec, tune.read_iops_sec | tune.write_iops_sec),
        ("bytes_sec_max", tune.total_bytes_sec_max, tune.read_bytes_sec_max | tune.write_bytes_sec_max),
        ("iops_sec_max", tune.total_iops_sec_max, tune.read_iops_sec_max | tune.write_iops_sec_max),
    ];
    for (name, total, parts) in sets {
        if total > 0 && parts > 0 {
            let message = format!("element 'iotune' limits 'total_{name}' and a part of it");
            out.refuse(&TOTAL_AND_PARTS, tune.pos, message);
        }
    }
}

fn check_bus(disk: &Disk, out: &mut Findings<'_>) {
    let bus = disk.bus().unwrap_or(DiskBus::Ide);
    let on_controller = matches!(bus, DiskBus::Ide | DiskBus::Fdc | DiskBus::Scsi | DiskBus::Sata);
    if let Some(address) = &disk.info.address
        && on_controller
        && !matches!(address, Address::Drive(_))
    {
        let message = format!(
            "disk '{}' on bus '{bus}' has an address of type '{}', which is no place there",
            disk.dst(),
            address.kind()
        );
        out.refuse(&ADDRESS_TYPE, disk.info.pos.path("address/@type"), message);
    }
    if bus == DiskBus::Virtio {
        return;
    }
    if let Some(model) = disk.model {
        let message = format!("disk '{}' has model '{model}', bus '{bus}' has none", disk.dst());
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
            let message = format!("attribute '{name}' of element 'driver' is for bus 'virtio', not '{bus}'");
            out.refuse(&VIRTIO_ONLY, driver.pos.attr(name), message);
        }
    }
    virtio::absent(driver.virtio, &driver.pos.path(""), out);
}

fn check_labels(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    relabelled(cx, disk.images().flat_map(|i| &i.seclabels), out);
}

/// Labels of single sources are set by a driver that may set labels.
pub(in crate::rules) fn relabelled<'a>(
    cx: &Context<'_>,
    labels: impl IntoIterator<Item = &'a DeviceSeclabel>,
    out: &mut Findings<'_>,
) {
    for label in labels {
        let overridden = cx.domain.security.labels.iter().filter(|domain| domain.model == label.model);
        if overridden.into_iter().any(|domain| domain.relabel == Some(YesNo::No)) {
            let message = "element 'seclabel' of a source needs a domain whose 'seclabel' has relabel='yes'";
            out.refuse(&RELABEL, label.pos, message);
        }
    }
}

fn check_identity(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let by_format = !cx.release.has(Convention::StricterDisks);
    let (vendor_rule, product_rule) =
        if by_format { (&VENDOR_XML, &PRODUCT_XML) } else { (&VENDOR, &PRODUCT) };
    for (name, text, most, rule) in
        [("vendor", &disk.vendor, 8, vendor_rule), ("product", &disk.product, 16, product_rule)]
    {
        if let Some(text) = text
            && text.len() > most
        {
            let message = format!("element '{name}' is '{text}', more than {most} characters");
            out.refuse(rule, disk.info.pos.path(name), message);
        }
    }
}

fn check_kind(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let bus = disk.bus();
    let is_floppy = disk.device() == DiskDevice::Floppy;
    if is_floppy != (bus == Some(DiskBus::Fdc)) {
        let word = bus.map_or("", Spelled::as_str);
        let message = format!("bus '{word}' is not one for device '{}'", disk.device());
        out.refuse(&FLOPPY_BUS, disk.target_pos.attr("bus"), message);
    }
    if disk.target.removable.is_some() {
        let scsi = bus == Some(DiskBus::Scsi)
            && disk.device() == DiskDevice::Disk
            && cx.release.has(Convention::StricterDisks);
        if bus != Some(DiskBus::Usb) && !scsi {
            let message = format!("disk '{}' cannot be 'removable' on its bus", disk.dst());
            out.refuse(&REMOVABLE, disk.target_pos.attr("removable"), message);
        }
    }
}

fn check_startup(disk: &Disk, out: &mut Findings<'_>) {
    let Some(policy) = disk.image.startup_policy else { return };
    let place = || disk.image.pos.attr("startupPolicy");
    let kind = disk.image.kind();
    if !matches!(kind, SourceType::Volume | SourceType::File | SourceType::Block | SourceType::Dir) {
        let message = format!("startupPolicy '{policy}' is not for a disk of '{kind}' type");
        out.refuse(&STARTUP_POLICY, place(), message);
    }
    let drive = matches!(disk.device(), DiskDevice::Cdrom | DiskDevice::Floppy);
    if policy == StartupPolicy::Requisite && !drive {
        let message = "startupPolicy 'requisite' is for drives with a medium";
        out.refuse(&STARTUP_POLICY, place(), message);
    }
}

fn check_name(disk: &Disk, out: &mut Findings<'_>) {
    let known: &[&str] = match disk.device() {
        DiskDevice::Floppy => &["fd"],
        DiskDevice::Disk | DiskDevice::Lun => &["hd", "sd", "vd", "xvd", "ubd"],
        DiskDevice::Cdrom => return,
    };
    if !known.iter().any(|p| disk.dst().starts_with(p)) {
        let message = format!("target '{}' is no name for a device '{}'", disk.dst(), disk.device());
        out.refuse(&NAME_PREFIX, disk.target_pos.attr("dev"), message);
    }
}
