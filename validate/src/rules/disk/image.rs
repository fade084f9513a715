//! Rules of QEMU on the images of a disk.

use virtargv_caps::Cap;
use virtargv_model::device::disk::Disk;
use virtargv_model::device::storage::{Image, ImageFormat, SourceType};

use super::{encryption, network};
use virtargv_model::Place;

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
    /// Only a qcow2 image has an external data file.
    DATA_STORE = "image-data-store": Unsupported, Validate,
        "`<source><dataStore>`: `data-file=` of the block driver `qcow2`",
        help "remove `<dataStore>`, or use `<format type='qcow2'/>`";
}

/// Checks the images of the backing chain of `disk` against the rules above.
pub(super) fn check(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    for (depth, image) in disk.images().enumerate() {
        let readonly = disk.readonly || depth > 0;
        let of_driver = depth == 0 && disk.driver.pos.offset().is_some();
        let format = if of_driver { disk.driver.pos.attr("type") } else { image.pos.into() };
        check_one(cx, image, format, readonly, out);
        if let Some(store) = &image.data_store {
            if image.format != Some(ImageFormat::Qcow2) {
                let message = "`<dataStore>` needs image format `qcow2`";
                out.refuse(&DATA_STORE, image.pos.path("dataStore"), message);
            }
            check_one(cx, store, store.pos.into(), readonly, out);
        }
    }
}

/// Checks an image, whose format is at the place `format`.
fn check_one(cx: &Context<'_>, image: &Image, format: Place, readonly: bool, out: &mut Findings<'_>) {
    check_format(image, format, readonly, out);
    if image.reservations.is_some() && !cx.has(Cap::PrManagerHelper) {
        let message = "this QEMU has no `reservations`";
        out.refuse(&QEMU_LACKS, image.pos.path("reservations"), message);
    }
    if image.metadata_cache.is_some() {
        if image.format != Some(ImageFormat::Qcow2) {
            let message = "`metadata_cache` needs image format `qcow2`";
            out.refuse(&METADATA_CACHE, image.pos, message);
        }
        needs_nodes(cx, image, "`metadata_cache`", out);
    }
    // QEMU has `initiator-name` since `password-secret`.
    let initiator = image.network().and_then(|net| net.initiator.as_deref());
    if let Some(initiator) = initiator.filter(|_| !cx.has(Cap::IscsiPasswordSecret)) {
        let message = format!("this QEMU cannot set the iSCSI `initiator` (`{initiator}`) of a source");
        out.refuse(&QEMU_LACKS, image.pos.path("initiator"), message);
    }
    if image.slice.is_some() {
        needs_nodes(cx, image, "`slices`", out);
    }
    if let Some(net) = image.network() {
        network::check(cx, image, net, out);
    }
    if image.kind() == SourceType::Nvme && !cx.has(Cap::DriveNvme) {
        out.refuse(&QEMU_LACKS, image.pos, "this QEMU has no block driver for disks of type `nvme`");
    }
    if let Some(encryption) = &image.encryption {
        encryption::check(cx, image, encryption, out);
    }
}

/// Reports `what`, an option of `-blockdev`, where this QEMU lacks `-blockdev`.
pub(super) fn needs_nodes(cx: &Context<'_>, image: &Image, what: &str, out: &mut Findings<'_>) {
    if !cx.has(Cap::Blockdev) {
        out.refuse(&QEMU_LACKS, image.pos, format!("this QEMU has no {what} of images"));
    }
}

fn check_format(image: &Image, format: Place, readonly: bool, out: &mut Findings<'_>) {
    let is_dir = image.kind() == SourceType::Dir;
    // The pool of a volume is not looked at here: it may be a directory.
    let may_be_dir = is_dir || image.kind() == SourceType::Volume;
    let why = match image.format {
        Some(ImageFormat::Cow) => "format `cow` is not supported",
        Some(ImageFormat::Dir) => {
            "format `dir` (`directory` in QEMU) is not supported, use disk type `dir` instead"
        }
        Some(ImageFormat::Iso) => "format `iso` is not supported, use `raw` instead",
        Some(ImageFormat::Fat) if !may_be_dir => "format `fat` needs a source of type `dir`",
        Some(ImageFormat::Vhd) if !may_be_dir => "format `vhd` needs a source of type `dir`",
        _ => "",
    };
    if !why.is_empty() {
        out.refuse(&FORMAT, format, why);
    }
    if is_dir {
        if image.format.is_some_and(|f| !matches!(f, ImageFormat::Fat | ImageFormat::Dir)) {
            out.refuse(&DIR, image.pos, "a source of type `dir` needs format `fat`");
        }
        if !readonly {
            out.refuse(&DIR, image.pos, "a source of type `dir` has to be read-only");
        }
    }
}
