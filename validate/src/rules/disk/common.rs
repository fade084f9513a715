//! Rules of the domain format on disks, which do not depend on QEMU.

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
    /// A disk has a `<target>`.
    NO_TARGET = "disk-target-missing": Plain, Validate,
        "`<disk><target dev=>`: the name of the disk; without `bus=` it also tells the bus",
        help "add `<target dev='vda' bus='virtio'/>` or another name";
    /// Only the protocols iscsi, http, https, ftp, ftps, ssh and rbd have `<auth>`.
    AUTH_PROTOCOL = "disk-auth-protocol": Unsupported, Validate,
        "`<disk><source protocol=><auth>`: QEMU's block drivers for the other protocols take no user and password",
        help "remove `<auth>`";
    /// The type of a secret is one that libvirt knows.
    SECRET_UNKNOWN = "disk-auth-secret-unknown": Unsupported, Validate,
        "`<auth><secret type=>`: the usage type of a libvirt secret",
        help "use one of `iscsi`, `ceph`, `volume`, `tls` and `vtpm`";
    /// The type of a disk's secret is that of the protocol.
    SECRET_TYPE = "disk-auth-secret-type": Unsupported, Validate,
        "`<auth><secret type=>`: secrets for iSCSI have the usage type `iscsi`, those for RBD `ceph`",
        help "set `type='iscsi'` for protocol `iscsi`, `type='ceph'` for protocol `rbd`";
    /// A disk with LUKS encryption names no cipher.
    LUKS_CIPHER = "disk-luks-cipher": Unsupported, Validate,
        "`<encryption format='luks'><cipher>`: the header of the image names the cipher; the element is for creating a volume",
        help "remove `<cipher>`";
    /// SCSI commands of a disk are filtered.
    SGIO_UNFILTERED = "disk-sgio-unfiltered": Unsupported, Validate,
        "`<disk sgio='unfiltered'>`: Linux has no `unpriv_sgio` for block devices",
        help "remove `sgio=`, or set it to `filtered`";
    /// A disk with `device='lun'` has a raw and unencrypted block device, volume or iSCSI source.
    LUN_SOURCE = "disk-lun-source": Unsupported, Validate,
        "`<disk device='lun'>`: the guest's SCSI commands are passed to the device of the source",
        help "use a source of type `block`, `volume` or `network` with protocol `iscsi`, and remove format, slices and encryption, or use `device='disk'`";
    /// Only a disk with `device='lun'` has persistent reservations.
    RESERVATIONS = "disk-reservations": Unsupported, Validate,
        "`<disk><source><reservations>`: reservations are SCSI commands, which only a `lun` passes",
        help "remove `<reservations>`, or use `device='lun'`";
    /// Only a disk with `device='lun'` has `rawio=`.
    RAWIO = "disk-rawio": Unsupported, Validate,
        "`<disk rawio=>`: the capability CAP_SYS_RAWIO lets QEMU pass SCSI commands",
        help "remove `rawio=`, or use `device='lun'`";
    /// Only a disk with `device='lun'` has `sgio=`.
    SGIO = "disk-sgio": Unsupported, Validate,
        "`<disk sgio=>`: the kernel's filter of SCSI commands, which only a `lun` passes",
        help "remove `sgio=`, or use `device='lun'`";
    /// A total limit excludes separate limits on reads and writes.
    TOTAL_AND_PARTS = "disk-iotune-total": Xml, Validate,
        "`<disk><iotune>`: QEMU's throttling refuses `*-total` together with `*-read` or `*-write`",
        help "keep either the `total_*` element or the `read_*` and `write_*` elements";
    /// A disk on an IDE, floppy, SCSI or SATA bus has an address of type `drive`.
    ADDRESS_TYPE = "disk-address-type": Unsupported, Validate,
        "`<disk><address type=>`: a disk on these buses is attached to a disk controller",
        help "use `<address type='drive'>`, or remove the `<address>`";
    /// Only a disk on bus `virtio` has a model.
    MODEL = "disk-model-bus": Unsupported, Validate,
        "`<disk model=>`: `virtio`, `virtio-transitional` and `virtio-non-transitional` are variants of `virtio-blk`",
        help "remove `model=`, or use `bus='virtio'`";
    /// Only a disk on bus `virtio` has options of virtqueues.
    VIRTIO_ONLY = "disk-virtio-only": Unsupported, Validate,
        "`<disk><driver queues= queue_size= event_idx= ioeventfd=>`: properties of `virtio-blk`",
        help "remove the attribute from `<driver>`, or use `bus='virtio'`";
    /// A security label of a source needs a domain that relabels.
    RELABEL = "disk-relabel": Unsupported, Validate,
        "`<source><seclabel>`: a label of one source overrides that of the domain with the same model, which must not have `relabel='no'`",
        help "set `relabel='yes'` on the domain's `<seclabel>`, or remove the label of the source";
    /// Only a CD-ROM or floppy drive has a tray.
    TRAY = "disk-tray": Unsupported, Validate,
        "`<disk><target tray=>`: a hard disk's medium cannot be ejected",
        help "remove `tray=` from `<target>`";
    /// The namespace of an NVMe disk is at least 1.
    NAMESPACE = "disk-nvme-namespace": Unsupported, Validate,
        "`<disk type='nvme'><source namespace=>`: NVMe numbers the namespaces of a controller from 1",
        help "set `namespace='1'` or the number of another namespace";
    /// The vendor of a disk has at most 8 bytes.
    VENDOR = "disk-vendor-length": Unsupported, Validate,
        "`<disk><vendor>`: the field of the answer to a SCSI INQUIRY has 8 bytes",
        help "shorten the text of `<vendor>`";
    /// The product of a disk has at most 16 bytes.
    PRODUCT = "disk-product-length": Unsupported, Validate,
        "`<disk><product>`: the field of the answer to a SCSI INQUIRY has 16 bytes",
        help "shorten the text of `<product>`";
    /// The vendor of a disk has at most 8 bytes (an XML error in early releases).
    VENDOR_XML = "disk-vendor-length-xml": Xml, Validate,
        "`<disk><vendor>`: the field of the answer to a SCSI INQUIRY has 8 bytes",
        help "shorten the text of `<vendor>`";
    /// The product of a disk has at most 16 bytes (an XML error in early releases).
    PRODUCT_XML = "disk-product-length-xml": Xml, Validate,
        "`<disk><product>`: the field of the answer to a SCSI INQUIRY has 16 bytes",
        help "shorten the text of `<product>`";
    /// A floppy drive is on bus `fdc`, and no other device is.
    FLOPPY_BUS = "disk-floppy-bus": Internal, Validate,
        "`<disk device=><target bus=>`: the floppy controller has floppy drives only",
        help "use `device='floppy'` with `bus='fdc'`";
    /// Only a disk on bus `usb`, or a hard disk on bus `scsi`, is removable.
    REMOVABLE = "disk-removable": Xml, Validate,
        "`<disk><target removable=>`: `removable=` is a property of `usb-storage` and `scsi-hd`",
        help "remove `removable=` from `<target>`, or use `bus='usb'`";
    /// A startup policy needs a local source, and the policy `requisite` a CD-ROM or floppy drive.
    STARTUP_POLICY = "disk-startup-policy": Xml, Validate,
        "`<disk><source startupPolicy=>`: libvirt looks for files, block devices, directories and volumes only, and drops the medium of a drive",
        help "remove `startupPolicy=`, or use `mandatory` or `optional` with a local source";
    /// The target name of a disk begins with a prefix of its device.
    NAME_PREFIX = "disk-name-prefix": Internal, Validate,
        "`<disk><target dev=>`: floppy drives are `fd*`, hard disks and LUNs `hd*`, `sd*`, `vd*`, `xvd*` or `ubd*`",
        help "use a name such as `vda`, `sda`, `hda` or `fda`";
    /// A hard disk has a source.
    NO_SOURCE = "disk-source-missing": Plain, Validate,
        "`<disk device='disk'><source>`: only CD-ROM and floppy drives can be empty",
        help "add `<source>`, or use `device='cdrom'`";
    /// Only a writable qcow2 image keeps discarded clusters allocated.
    DISCARD_NO_UNREF = "disk-discard-no-unref-format": Unsupported, Validate,
        "`<disk><driver discard_no_unref=>`: `discard-no-unref=` of the block driver `qcow2`",
        help "remove `discard_no_unref=` from `<driver>`";
}

/// Reports a disk without a target.
pub(super) fn no_name(disk: &Disk, out: &mut Findings<'_>) {
    let shown = match &disk.image.location {
        Location::Volume(volume) => volume.volume.as_deref().unwrap_or(""),
        _ => disk.image.path().unwrap_or(""),
    };
    out.refuse(
        &NO_TARGET,
        disk.info.pos,
        format!("the disk with source '{shown}' lacks its element 'target'"),
    );
}

/// Which of these rules are checked: early releases checked some while reading and the others after those of QEMU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All rules.
    All,
    /// Those that early releases checked while reading.
    Early,
    /// The other rules.
    Late,
}

/// Checks `disk` against the rules above.
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
            let message = format!("'namespace' of disk '{}' is '0', it must be at least 1", disk.dst());
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
        let message =
            format!("'tray' is only supported for CD-ROM and floppy drives, not for disk '{}'", disk.dst());
        out.refuse(&TRAY, disk.target_pos.attr("tray"), message);
    }
}

fn check_discard_no_unref(disk: &Disk, out: &mut Findings<'_>) {
    if disk.driver.discard_no_unref != Some(OnOff::On) {
        return;
    }
    let place = || disk.driver.pos.attr("discard_no_unref");
    if disk.image.format != Some(ImageFormat::Qcow2) {
        let message = "'discard_no_unref' of element 'driver' needs image format 'qcow2'";
        out.refuse(&DISCARD_NO_UNREF, place(), message);
    }
    if disk.readonly {
        let message = format!(
            "'discard_no_unref' of element 'driver' needs a writable disk, '{}' is read-only",
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
        let message = "element 'cipher' is not supported for 'luks' encryption of a disk, the image's header names the cipher";
        out.refuse(&LUKS_CIPHER, encryption.pos.path("cipher"), message);
    }
}

fn check_auth(cx: &Context<'_>, protocol: Protocol, auth: &Auth, out: &mut Findings<'_>) {
    let takes_auth = matches!(
        protocol,
        Protocol::Iscsi
            | Protocol::Http
            | Protocol::Https
            | Protocol::Ftp
            | Protocol::Ftps
            | Protocol::Ssh
            | Protocol::Rbd
    );
    if !takes_auth && cx.release.has(Convention::StricterDisks) {
        let message = format!("'auth' is not supported for protocol '{protocol}' of element 'source'");
        out.refuse(&AUTH_PROTOCOL, auth.pos, message);
    }
    let kind = auth.secret_type.as_deref().unwrap_or("");
    let place = || auth.pos.path("secret/@type");
    if !["none", "volume", "ceph", "iscsi", "tls", "vtpm"].contains(&kind) {
        let message =
            format!("attribute 'type' of element 'secret' is '{kind}', which is not a known usage type");
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
            "attribute 'type' of element 'secret' is '{kind}', protocol '{protocol}' needs '{wanted}'"
        );
        out.refuse(&SECRET_TYPE, place(), message);
    }
}

fn check_lun(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    if disk.sgio == Some(Sgio::Unfiltered) && cx.release.has(Convention::StricterDisks) {
        let message = "attribute 'sgio' is 'unfiltered', which Linux no longer supports";
        out.refuse(&SGIO_UNFILTERED, disk.info.pos.attr("sgio"), message);
    }
    let image = &disk.image;
    if disk.device() == DiskDevice::Lun {
        if let Some(what) = lun_problem(image) {
            let message = format!("device='lun' of disk '{}' {what}", disk.dst());
            out.refuse(&LUN_SOURCE, image.pos, message);
        }
    } else if image.reservations.is_some() {
        let message = format!("'reservations' of disk '{}' need device='lun'", disk.dst());
        out.refuse(&RESERVATIONS, image.pos.path("reservations"), message);
    }
}

fn check_lun_options(disk: &Disk, out: &mut Findings<'_>) {
    if disk.device() == DiskDevice::Lun {
        return;
    }
    if let Some(rawio) = disk.rawio {
        let message = format!("attribute 'rawio' ('{rawio}') is only supported for device='lun'");
        out.refuse(&RAWIO, disk.info.pos.attr("rawio"), message);
    }
    if let Some(sgio) = disk.sgio {
        let message = format!("attribute 'sgio' ('{sgio}') is only supported for device='lun'");
        out.refuse(&SGIO, disk.info.pos.attr("sgio"), message);
    }
}

/// Why an image cannot be passed to the guest as a SCSI device.
fn lun_problem(image: &Image) -> Option<String> {
    match &image.location {
        Location::Network(net) if net.protocol != Some(Protocol::Iscsi) => {
            let protocol = net.protocol.map_or("none", Spelled::as_str);
            return Some(format!("is not supported for protocol='{protocol}'"));
        }
        Location::Network(_) | Location::Block { .. } | Location::Volume(_) => {}
        _ => return Some("needs a source of type 'block'".to_owned()),
    }
    let encrypted = |e: &virtargv_model::device::storage::Encryption| e.format != EncryptionFormat::Default;
    if image.format.is_some_and(|f| f != ImageFormat::Raw) {
        return Some("needs format 'raw'".to_owned());
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

fn check_iotune(tune: &Iotune, out: &mut Findings<'_>) {
    let sets = [
        ("bytes_sec", tune.total_bytes_sec, tune.read_bytes_sec | tune.write_bytes_sec),
        ("iops_sec", tune.total_iops_sec, tune.read_iops_sec | tune.write_iops_sec),
        ("bytes_sec_max", tune.total_bytes_sec_max, tune.read_bytes_sec_max | tune.write_bytes_sec_max),
        ("iops_sec_max", tune.total_iops_sec_max, tune.read_iops_sec_max | tune.write_iops_sec_max),
    ];
    for (name, total, parts) in sets {
        if total > 0 && parts > 0 {
            let message =
                format!("element 'iotune' has 'total_{name}' together with 'read_{name}' or 'write_{name}'");
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
            "disk '{}' on bus '{bus}' needs an address of type 'drive', not '{}'",
            disk.dst(),
            address.kind()
        );
        out.refuse(&ADDRESS_TYPE, disk.info.pos.path("address/@type"), message);
    }
    if bus == DiskBus::Virtio {
        return;
    }
    if let Some(model) = disk.model {
        let message = format!("model '{model}' of disk '{}' is not supported for bus '{bus}'", disk.dst());
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
            let message = format!("attribute '{name}' of element 'driver' needs bus 'virtio', not '{bus}'");
            out.refuse(&VIRTIO_ONLY, driver.pos.attr(name), message);
        }
    }
    virtio::absent(driver.virtio, &driver.pos.path(""), out);
}

fn check_labels(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    relabelled(cx, disk.images().flat_map(|i| &i.seclabels), out);
}

/// A security label of a source overrides that of the domain, which has to relabel.
pub(in crate::rules) fn relabelled<'a>(
    cx: &Context<'_>,
    labels: impl IntoIterator<Item = &'a DeviceSeclabel>,
    out: &mut Findings<'_>,
) {
    for label in labels {
        let overridden = cx.domain.security.labels.iter().filter(|domain| domain.model == label.model);
        if overridden.into_iter().any(|domain| domain.relabel == Some(YesNo::No)) {
            let message =
                "element 'seclabel' of a source needs relabel='yes' on the 'seclabel' of the domain";
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
            let message = format!("element '{name}' is '{text}', which is longer than {most} bytes");
            out.refuse(rule, disk.info.pos.path(name), message);
        }
    }
}

fn check_kind(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let bus = disk.bus();
    let is_floppy = disk.device() == DiskDevice::Floppy;
    if is_floppy != (bus == Some(DiskBus::Fdc)) {
        let word = bus.map_or("", Spelled::as_str);
        let message = format!("bus '{word}' is not supported for device '{}'", disk.device());
        out.refuse(&FLOPPY_BUS, disk.target_pos.attr("bus"), message);
    }
    if disk.target.removable.is_some() {
        let scsi = bus == Some(DiskBus::Scsi)
            && disk.device() == DiskDevice::Disk
            && cx.release.has(Convention::StricterDisks);
        if bus != Some(DiskBus::Usb) && !scsi {
            let message = format!("'removable' is not supported for the bus of disk '{}'", disk.dst());
            out.refuse(&REMOVABLE, disk.target_pos.attr("removable"), message);
        }
    }
}

fn check_startup(disk: &Disk, out: &mut Findings<'_>) {
    let Some(policy) = disk.image.startup_policy else { return };
    let place = || disk.image.pos.attr("startupPolicy");
    let kind = disk.image.kind();
    if !matches!(kind, SourceType::Volume | SourceType::File | SourceType::Block | SourceType::Dir) {
        let message = format!("startupPolicy '{policy}' is not supported for a disk of type '{kind}'");
        out.refuse(&STARTUP_POLICY, place(), message);
    }
    let drive = matches!(disk.device(), DiskDevice::Cdrom | DiskDevice::Floppy);
    if policy == StartupPolicy::Requisite && !drive {
        let message = "startupPolicy 'requisite' needs a CD-ROM or floppy drive";
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
        let message = format!("target name '{}' is not valid for device '{}'", disk.dst(), disk.device());
        out.refuse(&NAME_PREFIX, disk.target_pos.attr("dev"), message);
    }
}
