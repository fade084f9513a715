//! The format of an image by its content.

use virtargv_model::device::storage::ImageFormat;

/// What identifies a format.
struct Magic {
    format: ImageFormat,
    offset: usize,
    bytes: &'static [u8],
    /// The offset of the version and the versions that libvirt takes, as they are stored; empty if any is taken.
    version: (usize, &'static [[u8; 4]]),
}

const ANY: (usize, &[[u8; 4]]) = (0, &[]);

/// The formats that libvirt knows by content, in its order. VHDX and Parallels are not among them: libvirt takes such an
/// image as raw.
const MAGIC: &[Magic] = &[
    // libvirt gives an ISO image to QEMU as raw.
    Magic { format: ImageFormat::Raw, offset: 32769, bytes: b"CD001", version: ANY },
    Magic { format: ImageFormat::Vpc, offset: 0, bytes: b"conectix", version: (12, &[[0, 1, 0, 0]]) },
    Magic {
        format: ImageFormat::Vdi,
        offset: 64,
        bytes: b"\x7f\x10\xda\xbe",
        version: (68, &[[1, 0, 1, 0]]),
    },
    Magic { format: ImageFormat::Cow, offset: 0, bytes: b"OOOM", version: (4, &[[0, 0, 0, 2]]) },
    Magic { format: ImageFormat::Qcow, offset: 0, bytes: b"QFI", version: (4, &[[0, 0, 0, 1]]) },
    Magic {
        format: ImageFormat::Qcow2,
        offset: 0,
        bytes: b"QFI",
        version: (4, &[[0, 0, 0, 2], [0, 0, 0, 3]]),
    },
    Magic { format: ImageFormat::Qed, offset: 0, bytes: b"QED", version: ANY },
    Magic {
        format: ImageFormat::Vmdk,
        offset: 0,
        bytes: b"KDMV",
        version: (4, &[[1, 0, 0, 0], [2, 0, 0, 0], [3, 0, 0, 0]]),
    },
];

/// The format of an image by its first [`HEADER_LENGTH`](super::HEADER_LENGTH) bytes; `raw` if it is none that libvirt
/// knows by content.
///
/// A guest can write any header into a raw image. Therefore the format that is found must not be believed where it would
/// make QEMU open another file: libvirt refuses an image whose format was found by content and that has a backing file.
pub fn probe(bytes: &[u8]) -> ImageFormat {
    let at = |offset: usize, length: usize| bytes.get(offset..offset.saturating_add(length));
    let found = MAGIC.iter().find(|magic| {
        let (offset, versions) = magic.version;
        at(magic.offset, magic.bytes.len()) == Some(magic.bytes)
            && (versions.is_empty() || versions.iter().any(|version| at(offset, 4) == Some(version)))
    });
    found.map_or(ImageFormat::Raw, |magic| magic.format)
}

/// Whether the content is encrypted as LUKS, version 1.
pub(super) fn is_luks(bytes: &[u8]) -> bool {
    bytes.starts_with(b"LUKS\xba\xbe\x00\x01")
}

/// Whether the content is qcow or qcow2.
pub(super) fn is_qcow(bytes: &[u8]) -> bool {
    bytes.starts_with(b"QFI\xfb")
}

/// Whether the content is QED.
pub(super) fn is_qed(bytes: &[u8]) -> bool {
    bytes.starts_with(b"QED\0")
}
