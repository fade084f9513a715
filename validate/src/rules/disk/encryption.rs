//! Rules on `<encryption>` of a disk's images.

use virtargv_caps::Cap;
use virtargv_model::device::disk::{Disk, DiskBus};
use virtargv_model::device::storage::{
    Encryption, EncryptionEngine, EncryptionFormat, Image, ImageFormat, Protocol,
};

use super::image::QEMU_LACKS;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// The encryption of an image is one that its format and its engine can do.
    ENCRYPTION = "image-encryption": Unsupported, Validate,
        "`<source><encryption format= engine=>`: the block drivers `luks` and `qcow2` do `luks`, librbd does `luks`, `luks2` and `luks-any` for RBD",
        help "use a format of the engine; `engine='librbd'` is for protocol `rbd`",
        since "7.9";
    /// An image is not encrypted as QEMU did before LUKS.
    ENCRYPTION_QCOW = "image-encryption-old": Unsupported, Validate,
        "`<source><encryption format='qcow'>`: QEMU's system emulators no longer open such images",
        help "convert the image (`qemu-img convert`), and use `format='luks'`";
    /// An encrypted image has the format `raw` or `qcow2`.
    ENCRYPTION_FORMAT = "image-encryption-format": Unsupported, Validate,
        "`<source><encryption>` with `<driver type=>`: `raw` images are opened by the block driver `luks`, `qcow2` decrypts itself",
        help "use `type='raw'` or `type='qcow2'` in `<driver>`, or remove `<encryption>`", since "9.0";
    /// An image that QEMU decrypts has one secret.
    ENCRYPTION_SECRETS = "image-encryption-secrets": Unsupported, Validate,
        "`<encryption engine='qemu'><secret>`: `key-secret=` of the block drivers `luks` and `qcow2` names one secret",
        help "keep one `<secret>`", since "9.3";
    /// The encryption of an image has a format.
    ENCRYPTION_OPEN = "image-encryption-open": Internal, Validate,
        "`<source><encryption format=>`: QEMU does not find out the format of encryption",
        help "set `format='luks'`",
        since "9.0";
    /// The encryption of a disk on bus `sd` has one secret.
    SD_SECRETS = "image-sd-secrets": Unsupported, Validate,
        "`<disk><encryption><secret>`: the disk is a `-drive`, whose `key-secret=` takes one secret",
        help "keep one `<secret>`";
    /// A disk with LUKS encryption names no cipher.
    LUKS_CIPHER = "disk-luks-cipher": Unsupported, Validate (Read before "7.1"),
        "`<encryption format='luks'><cipher>`: the header of the image names the cipher; the element is for creating a volume",
        help "remove `<cipher>`";
}

/// Checks that format and engine of an image's encryption are supported.
pub(super) fn check(cx: &Context<'_>, image: &Image, encryption: &Encryption, out: &mut Findings<'_>) {
    let place = encryption.pos;
    if encryption.engine == Some(EncryptionEngine::Librbd) {
        check_librbd(cx, image, encryption, out);
        return;
    }
    let format = image.format.unwrap_or(ImageFormat::Raw);
    if !matches!(format, ImageFormat::Raw | ImageFormat::Qcow2) {
        let message = format!("`encryption` needs image format `raw` or `qcow2`, not `{format}`");
        out.refuse(&ENCRYPTION_FORMAT, place, message);
    }
    match encryption.format {
        EncryptionFormat::Luks => {
            if format == ImageFormat::Qcow2 && !cx.has(Cap::Qcow2Luks) {
                let message = "this QEMU cannot decrypt LUKS inside a `qcow2` image";
                out.refuse(&QEMU_LACKS, place, message);
            }
            if !cx.has(Cap::ObjectSecret) {
                out.refuse(&QEMU_LACKS, place, "this QEMU has no `secret` objects for `luks` encryption");
            }
        }
        other @ (EncryptionFormat::Luks2 | EncryptionFormat::LuksAny) => {
            let message = format!("`{other}` encryption is not supported by the `qemu` engine");
            out.refuse(&ENCRYPTION, place, message);
        }
        EncryptionFormat::Default => {
            out.refuse(&ENCRYPTION_OPEN, place, "`format` of `encryption` is `default`, it must be named");
        }
        EncryptionFormat::Qcow if matches!(format, ImageFormat::Qcow | ImageFormat::Qcow2) => {
            let message = format!("image format `{format}` with encryption `qcow` is no longer supported");
            out.refuse(&ENCRYPTION_QCOW, place, message);
        }
        EncryptionFormat::Qcow => {}
    }
    if encryption.secrets.len() > 1 {
        let message = "the `qemu` engine of `encryption` takes one secret only";
        out.refuse(&ENCRYPTION_SECRETS, place, message);
    }
}

fn check_librbd(cx: &Context<'_>, image: &Image, encryption: &Encryption, out: &mut Findings<'_>) {
    let place = encryption.pos;
    if image.network().is_none_or(|n| n.protocol != Some(Protocol::Rbd)) {
        out.refuse(&ENCRYPTION, place, "the `librbd` engine of `encryption` needs protocol `rbd`");
        return;
    }
    for (is_set, cap, what) in [
        (true, Cap::RbdEncryption, "decryption by `librbd`"),
        (encryption.secrets.len() > 1, Cap::RbdEncryptionLayering, "layers of encryption by `librbd`"),
        (
            encryption.format == EncryptionFormat::LuksAny,
            Cap::RbdEncryptionLuksAny,
            "decryption of `luks-any` by `librbd`",
        ),
    ] {
        if is_set && !cx.has(cap) {
            out.refuse(&QEMU_LACKS, place, format!("this QEMU has no {what}"));
        }
    }
    if matches!(encryption.format, EncryptionFormat::Default | EncryptionFormat::Qcow) {
        let message = format!("format `{}` of `encryption` is not supported by `librbd`", encryption.format);
        out.refuse(&ENCRYPTION, place, message);
    }
}

/// Checks that the encryption of a disk names no cipher.
pub(super) fn check_cipher(image: &Image, out: &mut Findings<'_>) {
    if let Some(encryption) = &image.encryption
        && encryption.format == EncryptionFormat::Luks
        && encryption.cipher.is_some()
    {
        let message = "`<cipher>` is not supported for `luks` encryption of a disk, the image's header names the cipher";
        out.refuse(&LUKS_CIPHER, encryption.pos.path("cipher"), message);
    }
}

/// Checks that the encryption of a disk on bus `sd` has one secret.
pub(super) fn check_sd(disk: &Disk, out: &mut Findings<'_>) {
    let secrets = disk.image.encryption.as_ref().map_or(0, |encryption| encryption.secrets.len());
    if disk.bus() == Some(DiskBus::Sd) && secrets > 1 {
        let message =
            format!("disk `{}` on bus `sd` has more than one secret for its encryption", disk.dst());
        out.refuse(&SD_SECRETS, disk.image.pos.path("encryption"), message);
    }
}
