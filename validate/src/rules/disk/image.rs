//! Rules of QEMU on the images of a disk: formats, protocols, encryption.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::disk::{Disk, DiskBus};
use virtargv_model::device::storage::{
    Encryption, EncryptionEngine, EncryptionFormat, Image, ImageFormat, NetSource, Protocol, SourceType,
};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// The format of an image is one for which QEMU has a block driver.
    FORMAT = "image-format": Unsupported, Validate,
        "`<driver type=>`: QEMU has no driver `cow`, `iso` or `dir`, and `fat` and `vhd` are names for directories",
        help "use `raw` for ISO images, and a disk of type `dir` with format `fat` for directories";
    /// A disk of type `dir` has format `fat` and is read-only.
    DIR = "image-dir": Unsupported, Validate,
        "`<disk type='dir'>`: QEMU's block driver `vvfat` shows the directory as a FAT volume; writing to it is not safe",
        help "add `<readonly/>` and set `<driver type='fat'/>`";
    /// An image needs a QEMU whose block drivers have what it asks for.
    QEMU_LACKS = "image-qemu-lacks": Unsupported, Validate,
        "`<disk><source>`: the driver or option that the message names came with a later QEMU, or this QEMU was built without it",
        help "remove the element or attribute, or use a QEMU that has it";
    /// Only a qcow2 image has a metadata cache.
    METADATA_CACHE = "image-metadata-cache": Unsupported, Validate,
        "`<driver><metadata_cache><max_size>`: `cache-size=` of the block driver `qcow2`",
        help "remove `<metadata_cache>`, or use `<driver type='qcow2'>`";
    /// An option of a network disk is one of its protocol.
    PROTOCOL_OPTION = "image-protocol-option": Unsupported, Validate,
        "`<disk type='network'><source>`: `<ssl>` is for https and ftps, `<cookies>` for http and https, `<readahead>` and `<timeout>` for http, https, ftp and ftps, `tlsHostname=` for nbd",
        help "remove the option, or use a protocol that has it";
    /// The name and the value of a cookie are valid and unique.
    COOKIE = "image-cookie": Xml, Validate,
        "`<source><cookies><cookie>`: RFC 6265; QEMU's block driver `http` sends them in one header line",
        help "remove the characters that RFC 6265 forbids, and one of two cookies of the same name";
    /// The protocol of a network disk is one that QEMU still has.
    PROTOCOL_GONE = "image-protocol-gone": Unsupported, Validate,
        "`<source protocol=>`: QEMU removed its block drivers `sheepdog` and `vxhs`",
        help "use another protocol";
    /// The encryption of an image is one that its format and its engine can do.
    ENCRYPTION = "image-encryption": Unsupported, Validate,
        "`<source><encryption format= engine=>`: the block drivers `luks` and `qcow2` do `luks` with one secret, librbd does `luks`, `luks2` and `luks-any` for RBD",
        help "use a format of the engine; `engine='librbd'` is for protocol `rbd`";
    /// The encryption of an image has a format.
    ENCRYPTION_OPEN = "image-encryption-open": Internal, Validate,
        "`<source><encryption format=>`: QEMU does not find out the format of encryption",
        help "set `format='luks'`";
    /// The encryption of a disk on bus `sd` has one secret.
    SD_SECRETS = "image-sd-secrets": Unsupported, Validate,
        "`<disk><encryption><secret>`: the disk is a `-drive`, whose `key-secret=` takes one secret",
        help "keep one `<secret>`";
    /// Only a qcow2 image has an external data file.
    DATA_STORE = "image-data-store": Unsupported, Validate,
        "`<source><dataStore>`: `data-file=` of the block driver `qcow2`",
        help "remove `<dataStore>`, or use `<format type='qcow2'/>`";
}

/// Checks the images of the backing chain of `disk` against the rules above.
pub(super) fn check(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    for (depth, image) in disk.images().enumerate() {
        let readonly = disk.readonly || depth > 0;
        check_one(cx, image, readonly, out);
        if let Some(store) = &image.data_store {
            if image.format != Some(ImageFormat::Qcow2) {
                let message = "'dataStore' needs image format 'qcow2'";
                out.refuse(&DATA_STORE, image.pos.path("dataStore"), message);
            }
            check_one(cx, store, readonly, out);
        }
    }
    if disk.bus() == Some(DiskBus::Sd) && disk.image.encryption.as_ref().is_some_and(|e| e.secrets.len() > 1)
    {
        let message =
            format!("disk '{}' on bus 'sd' has more than one secret for its encryption", disk.dst());
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
            let message = "'metadata_cache' needs image format 'qcow2'";
            out.refuse(&METADATA_CACHE, image.pos, message);
        }
        needs_nodes(cx, image, "'metadata_cache'", out);
    }
    // QEMU has `initiator-name` since `password-secret`.
    let initiator = image.network().and_then(|net| net.initiator.as_deref());
    if let Some(initiator) = initiator.filter(|_| !cx.has(Cap::IscsiPasswordSecret)) {
        let message = format!("this QEMU cannot set the iSCSI 'initiator' ('{initiator}') of a source");
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

/// Reports `what`, an option of `-blockdev`, where this QEMU lacks `-blockdev`.
fn needs_nodes(cx: &Context<'_>, image: &Image, what: &str, out: &mut Findings<'_>) {
    if !cx.has(Cap::Blockdev) {
        out.refuse(&QEMU_LACKS, image.pos, format!("this QEMU has no {what} of images"));
    }
}

fn check_format(image: &Image, readonly: bool, out: &mut Findings<'_>) {
    let is_dir = image.kind() == SourceType::Dir;
    // The pool of a volume is not looked at here: it may be a directory.
    let may_be_dir = is_dir || image.kind() == SourceType::Volume;
    let why = match image.format {
        Some(ImageFormat::Cow) => "format 'cow' is not supported",
        Some(ImageFormat::Dir) => "format 'directory' is not supported, use disk type 'dir' instead",
        Some(ImageFormat::Iso) => "format 'iso' is not supported, use 'raw' instead",
        Some(ImageFormat::Fat) if !may_be_dir => "format 'fat' needs a source of type 'dir'",
        Some(ImageFormat::Vhd) if !may_be_dir => "format 'vhd' needs a source of type 'dir'",
        _ => "",
    };
    if !why.is_empty() {
        out.refuse(&FORMAT, image.pos, why);
    }
    if is_dir {
        if image.format.is_some_and(|f| !matches!(f, ImageFormat::Raw | ImageFormat::Fat | ImageFormat::Dir))
        {
            out.refuse(&DIR, image.pos, "a source of type 'dir' needs format 'fat'");
        }
        if !readonly {
            out.refuse(&DIR, image.pos, "a source of type 'dir' has to be read-only");
        }
    }
}

fn check_network(cx: &Context<'_>, image: &Image, net: &NetSource, out: &mut Findings<'_>) {
    let Some(protocol) = net.protocol else { return };
    let late = cx.release.has(Convention::StricterDisks);
    if late && matches!(protocol, Protocol::Sheepdog | Protocol::Vxhs) {
        let message = format!("QEMU no longer has protocol '{protocol}'");
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
            let message = format!("'{name}' is not supported for protocol '{protocol}'");
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
            let message = format!("'tlsHostname' ('{name}') needs protocol 'nbd', not '{protocol}'");
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
            out.refuse(&COOKIE, cookie.pos, format!("'{}' is not a valid cookie name", cookie.name));
        } else if !value_ok(&cookie.value) {
            out.refuse(&COOKIE, cookie.pos, format!("the value of cookie '{}' is not valid", cookie.name));
        } else if net.cookies.iter().filter(|c| c.name == cookie.name).count() > 1 {
            out.refuse(
                &COOKIE,
                image.pos.path("cookies"),
                format!("cookie '{}' is given twice", cookie.name),
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
        let message = format!("'encryption' needs image format 'raw' or 'qcow2', not '{format}'");
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
            let message = format!("'{other}' encryption is not supported by the 'qemu' engine");
            out.refuse(&ENCRYPTION, place, message);
        }
        EncryptionFormat::Default if late => {
            out.refuse(&ENCRYPTION_OPEN, place, "'format' of 'encryption' is 'default', it must be named");
        }
        EncryptionFormat::Default | EncryptionFormat::Qcow => {}
    }
    if late && encryption.secrets.len() > 1 {
        let message = "the 'qemu' engine of 'encryption' takes one secret only";
        out.refuse(&ENCRYPTION, place, message);
    }
}

fn check_librbd(cx: &Context<'_>, image: &Image, encryption: &Encryption, out: &mut Findings<'_>) {
    let place = encryption.pos;
    if image.network().is_none_or(|n| n.protocol != Some(Protocol::Rbd)) {
        out.refuse(&ENCRYPTION, place, "the 'librbd' engine of 'encryption' needs protocol 'rbd'");
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
        let message = format!("format '{}' of 'encryption' is not supported by 'librbd'", encryption.format);
        out.refuse(&ENCRYPTION, place, message);
    }
}
