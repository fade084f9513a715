//! Rules on images.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::disk::{Disk, DiskBus};
use virtargv_model::device::storage::{
    Encryption, EncryptionEngine, EncryptionFormat, Image, ImageFormat, NetSource, Protocol, SourceType,
};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// QEMU reads the formats it has drivers for.
    FORMAT = "image-format": Unsupported, Validate, "driver/@type; QEMU's block drivers";
    /// A folder is shown as a FAT volume, and only to be read.
    DIR = "image-dir": Unsupported, Validate, "disk/@type; block driver vvfat";
    /// An image needs a QEMU that can read it.
    QEMU_LACKS = "image-qemu-lacks": Unsupported, Validate, "disk/source; QEMU's block drivers and their properties";
    /// Only qcow2 has tables to be cached.
    METADATA_CACHE = "image-metadata-cache": Unsupported, Validate, "metadata_cache/max_size; qcow2 cache-size=";
    /// What belongs to one protocol does not go with another.
    PROTOCOL_OPTION = "image-protocol-option": Unsupported, Validate, "disk/source; the protocol's block driver";
    /// A cookie's name and value are made of what HTTP allows.
    COOKIE = "image-cookie": Xml, Validate, "cookies/cookie; RFC 6265";
    /// Some protocols are gone.
    PROTOCOL_GONE = "image-protocol-gone": Unsupported, Validate, "source/@protocol";
    /// Encryption is what the format and whoever decrypts can do.
    ENCRYPTION = "image-encryption": Unsupported, Validate, "source/encryption; block drivers luks, qcow2, rbd";
    /// How an image is encrypted is said.
    ENCRYPTION_OPEN = "image-encryption-open": Internal, Validate, "encryption/@format";
    /// A card is decrypted with one secret.
    SD_SECRETS = "image-sd-secrets": Unsupported, Validate, "encryption/secret; -drive key-secret=";
    /// Only qcow2 keeps the guest's data elsewhere.
    DATA_STORE = "image-data-store": Unsupported, Validate, "source/dataStore; qcow2 data-file=";
}

/// Holds the images of `disk` against them.
pub(super) fn check(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    for (depth, image) in disk.images().enumerate() {
        let readonly = disk.readonly || depth > 0;
        check_one(cx, image, readonly, out);
        if let Some(store) = &image.data_store {
            if image.format != Some(ImageFormat::Qcow2) {
                let message = "'dataStore' is for images of format 'qcow2'";
                out.refuse(&DATA_STORE, image.pos.path("dataStore"), message);
            }
            check_one(cx, store, readonly, out);
        }
    }
    if disk.bus() == Some(DiskBus::Sd) && disk.image.encryption.as_ref().is_some_and(|e| e.secrets.len() > 1)
    {
        let message = format!("card '{}' has several secrets for its encryption", disk.dst());
        out.refuse(&SD_SECRETS, disk.image.pos.path("encryption"), message);
    }
}

fn check_one(cx: &Context<'_>, image: &Image, readonly: bool, out: &mut Findings<'_>) {
    check_format(image, readonly, out);
    if image.reservations.is_some() && !cx.has(Cap::PrManagerHelper) {
        let message = "this QEMU has no 'reservations'";
        out.refuse(&QEMU_LACKS, image.pos.path("reservations"), message);
    }
    if image.metadata_cache.is_some() {
        if image.format != Some(ImageFormat::Qcow2) {
            let message = "'metadata_cache' is for images of format 'qcow2'";
            out.refuse(&METADATA_CACHE, image.pos, message);
        }
        needs_nodes(cx, image, "'metadata_cache'", out);
    }
    // The two came to QEMU together.
    let initiator = image.network().and_then(|net| net.initiator.as_deref());
    if let Some(initiator) = initiator.filter(|_| !cx.has(Cap::IscsiPasswordSecret)) {
        let message = format!("this QEMU has no 'initiator' of its own, such as '{initiator}'");
        out.refuse(&QEMU_LACKS, image.pos.path("initiator"), message);
    }
    if image.slice.is_some() {
        needs_nodes(cx, image, "'slices'", out);
    }
    if let Some(net) = image.network() {
        check_network(cx, image, net, out);
    }
    if image.kind() == SourceType::Nvme && !cx.has(Cap::DriveNvme) {
        out.refuse(&QEMU_LACKS, image.pos, "this QEMU cannot drive disks of type 'nvme'");
    }
    if let Some(encryption) = &image.encryption {
        check_encryption(cx, image, encryption, out);
    }
}

/// Refuses what only block nodes can have.
fn needs_nodes(cx: &Context<'_>, image: &Image, what: &str, out: &mut Findings<'_>) {
    if !cx.has(Cap::Blockdev) {
        out.refuse(&QEMU_LACKS, image.pos, format!("this QEMU has no {what} of images"));
    }
}

fn check_format(image: &Image, readonly: bool, out: &mut Findings<'_>) {
    let is_dir = image.kind() == SourceType::Dir;
    // What a volume is shows later.
    let may_be_dir = is_dir || image.kind() == SourceType::Volume;
    let why = match image.format {
        Some(ImageFormat::Cow) => "format 'cow' is not supported",
        Some(ImageFormat::Dir) => "format 'directory' is no format, use type 'dir' of the disk instead",
        Some(ImageFormat::Iso) => "format 'iso' is that of the contents, use 'raw' instead",
        Some(ImageFormat::Fat) if !may_be_dir => "format 'fat' is for sources of type 'dir'",
        Some(ImageFormat::Vhd) if !may_be_dir => "format 'vhd' is not for sources of a type other than 'dir'",
        _ => "",
    };
    if !why.is_empty() {
        out.refuse(&FORMAT, image.pos, why);
    }
    if is_dir {
        if image.format.is_some_and(|f| !matches!(f, ImageFormat::Raw | ImageFormat::Fat | ImageFormat::Dir))
        {
            out.refuse(&DIR, image.pos, "a source of type 'dir' takes format 'fat'");
        }
        if !readonly {
            out.refuse(&DIR, image.pos, "a source of type 'dir' cannot be written");
        }
    }
}

fn check_network(cx: &Context<'_>, image: &Image, net: &NetSource, out: &mut Findings<'_>) {
    let Some(protocol) = net.protocol else { return };
    let late = cx.release.has(Convention::StricterDisks);
    if late && matches!(protocol, Protocol::Sheepdog | Protocol::Vxhs) {
        let message = format!("protocol '{protocol}' is gone from QEMU");
        out.refuse(&PROTOCOL_GONE, image.pos.attr("protocol"), message);
    }
    let http = matches!(protocol, Protocol::Http | Protocol::Https);
    let curl = http || matches!(protocol, Protocol::Ftp | Protocol::Ftps);
    let tls = matches!(protocol, Protocol::Https | Protocol::Ftps);
    for (is_set, fits, name) in [
        (net.ssl_verify.is_some(), tls, "ssl"),
        (!net.cookies.is_empty(), http, "cookies"),
        (net.readahead.is_some(), curl, "readahead"),
        (net.timeout.is_some(), curl, "timeout"),
    ] {
        if is_set && !fits {
            let message = format!("'{name}' is not for protocol '{protocol}'");
            out.refuse(&PROTOCOL_OPTION, image.pos.path(name), message);
        } else if is_set {
            needs_nodes(cx, image, &format!("'{name}'"), out);
        }
    }
    check_cookies(image, net, out);
    if protocol == Protocol::Tftp && cx.has(Cap::Blockdev) {
        out.refuse(&QEMU_LACKS, image.pos.attr("protocol"), "this QEMU has no protocol 'tftp'");
    }
    if protocol == Protocol::Nfs && !cx.has(Cap::Blockdev) {
        out.refuse(&QEMU_LACKS, image.pos.attr("protocol"), "this QEMU has no protocol 'nfs'");
    }
    if protocol == Protocol::Vxhs && !late && !cx.has(Cap::Vxhs) {
        out.refuse(&QEMU_LACKS, image.pos.attr("protocol"), "this QEMU has no protocol 'vxhs'");
    }
    if let Some(name) = &net.tls_hostname {
        let place = image.pos.attr("tlsHostname");
        if protocol != Protocol::Nbd {
            let message = format!("'tlsHostname' ('{name}') is for protocol 'nbd', not '{protocol}'");
            out.refuse(&PROTOCOL_OPTION, place, message);
        } else if !cx.has(Cap::BlockdevNbdTlsHostname) {
            out.refuse(&QEMU_LACKS, place, format!("this QEMU has no 'tlsHostname' ('{name}')"));
        }
    }
}

fn check_cookies(image: &Image, net: &NetSource, out: &mut Findings<'_>) {
    let name_ok = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
    };
    let value_ok = |value: &str| {
        let bare = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
        bare.bytes().all(|b| b.is_ascii_graphic() && !b"\",;\\".contains(&b))
    };
    for cookie in &net.cookies {
        if !name_ok(&cookie.name) {
            out.refuse(&COOKIE, cookie.pos, format!("'{}' is no name of a cookie", cookie.name));
        } else if !value_ok(&cookie.value) {
            out.refuse(&COOKIE, cookie.pos, format!("cookie '{}' has a value it cannot have", cookie.name));
        } else if net.cookies.iter().filter(|c| c.name == cookie.name).count() > 1 {
            out.refuse(
                &COOKIE,
                image.pos.path("cookies"),
                format!("cookie '{}' is there twice", cookie.name),
            );
        }
    }
}

fn check_encryption(cx: &Context<'_>, image: &Image, encryption: &Encryption, out: &mut Findings<'_>) {
    let place = encryption.pos;
    let late = cx.release.has(Convention::StricterDisks);
    if encryption.engine == Some(EncryptionEngine::Librbd) {
        check_librbd(cx, image, encryption, out);
        return;
    }
    let format = image.format.unwrap_or(ImageFormat::Raw);
    if late && !matches!(format, ImageFormat::Raw | ImageFormat::Qcow2) {
        let message = format!("'encryption' is for images of format 'raw' and 'qcow2', not '{format}'");
        out.refuse(&ENCRYPTION, place, message);
        return;
    }
    match encryption.format {
        EncryptionFormat::Luks => {
            if format == ImageFormat::Qcow2 && !cx.has(Cap::Qcow2Luks) {
                let message = "this QEMU cannot decrypt LUKS inside a 'qcow2' image";
                out.refuse(&QEMU_LACKS, place, message);
            }
            if !cx.has(Cap::ObjectSecret) {
                out.refuse(&QEMU_LACKS, place, "this QEMU has no 'secret' objects for 'luks' encryption");
            }
        }
        other @ (EncryptionFormat::Luks2 | EncryptionFormat::LuksAny) => {
            let message = format!("'{other}' encryption is not for the 'qemu' engine");
            out.refuse(&ENCRYPTION, place, message);
        }
        EncryptionFormat::Default if late => {
            out.refuse(&ENCRYPTION_OPEN, place, "'format' of 'encryption' is 'default', which is none");
        }
        EncryptionFormat::Default | EncryptionFormat::Qcow => {}
    }
    if late && encryption.secrets.len() > 1 {
        let message = "the 'qemu' engine of 'encryption' takes one secret";
        out.refuse(&ENCRYPTION, place, message);
    }
}

fn check_librbd(cx: &Context<'_>, image: &Image, encryption: &Encryption, out: &mut Findings<'_>) {
    let place = encryption.pos;
    if image.network().is_none_or(|n| n.protocol != Some(Protocol::Rbd)) {
        out.refuse(&ENCRYPTION, place, "the 'librbd' engine of 'encryption' is for 'rbd' sources");
        return;
    }
    for (is_set, cap, what) in [
        (true, Cap::RbdEncryption, "decryption by 'librbd'"),
        (encryption.secrets.len() > 1, Cap::RbdEncryptionLayering, "layers of encryption by 'librbd'"),
        (
            encryption.format == EncryptionFormat::LuksAny,
            Cap::RbdEncryptionLuksAny,
            "decryption of 'luks-any' by 'librbd'",
        ),
    ] {
        if is_set && !cx.has(cap) {
            out.refuse(&QEMU_LACKS, place, format!("this QEMU has no {what}"));
        }
    }
    if matches!(encryption.format, EncryptionFormat::Default | EncryptionFormat::Qcow) {
        let message = format!("format '{}' of 'encryption' is not for 'librbd'", encryption.format);
        out.refuse(&ENCRYPTION, place, message);
    }
}
