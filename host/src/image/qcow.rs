//! qcow and qcow2 (QEMU's `docs/interop/qcow2.rst`). All numbers are big-endian.

use virtargv_model::Spelled;
use virtargv_model::device::storage::{EncryptionFormat, ImageFormat};

use super::bytes::{be32, be64, text};
use super::{BackingFile, BackingFormat, BadHeader, Header, magic};

/// Offsets of fields.
const VERSION: usize = 4;
const BACKING_OFFSET: usize = 8;
const BACKING_LENGTH: usize = 16;
const QCOW1_ENCRYPTION: usize = 36;
const QCOW2_ENCRYPTION: usize = 32;
const INCOMPATIBLE_FEATURES: usize = 72;
const HEADER_SIZE: usize = 100;

/// The size of the header in version 2, which has no field for it.
const SIZE_OF_VERSION_2: u32 = 72;
/// The greatest length of the name of a backing file.
const NAME_LENGTH: u64 = 1023;
/// The incompatible feature: the data is in an external file.
const HAS_DATA_FILE: u64 = 1 << 2;
/// Types of header extensions.
const BACKING_FORMAT: u32 = 0xE279_2ACA;
const DATA_FILE: u32 = 0x4441_5441;
const END: u32 = 0;

/// What the header extensions say.
#[derive(Default)]
struct Extensions {
    backing_format: Option<ImageFormat>,
    data_file: Option<String>,
}

/// Reads encryption, backing file and data file into `header`.
pub(super) fn read(header: &mut Header, bytes: &[u8]) -> Result<(), BadHeader> {
    if !magic::is_qcow(bytes) {
        return Ok(());
    }
    let version = be32(bytes, VERSION)?;
    let encryption = if header.format == ImageFormat::Qcow { QCOW1_ENCRYPTION } else { QCOW2_ENCRYPTION };
    header.encryption = match (header.format, be32(bytes, encryption)?) {
        (_, 1) => Some(EncryptionFormat::Qcow),
        (ImageFormat::Qcow2, 2) => Some(EncryptionFormat::Luks),
        _ => None,
    };
    let (offset, length) = (be64(bytes, BACKING_OFFSET)?, u64::from(be32(bytes, BACKING_LENGTH)?));
    let extensions = if version < 2 { Extensions::default() } else { extensions(bytes, version, offset)? };
    if offset != 0 && length != 0 {
        let what = "the name of its backing file";
        if length > NAME_LENGTH {
            return Err(BadHeader::Long { what, length, most: NAME_LENGTH });
        }
        let name = text(bytes, what, offset, length)?;
        header.backing = Some(BackingFile {
            name,
            format: extensions.backing_format.map_or(BackingFormat::Unstated, BackingFormat::Stated),
        });
    }
    if version >= 3 && be64(bytes, INCOMPATIBLE_FEATURES)? & HAS_DATA_FILE != 0 {
        header.data_file = extensions.data_file;
    }
    Ok(())
}

/// Reads the header extensions, which lie between the header and the name of the backing file.
fn extensions(bytes: &[u8], version: u32, backing_offset: u64) -> Result<Extensions, BadHeader> {
    let mut found = Extensions::default();
    let start = if version == 2 { SIZE_OF_VERSION_2 } else { be32(bytes, HEADER_SIZE)? };
    let end = if backing_offset == 0 { bytes.len() as u64 } else { backing_offset };
    let mut at = u64::from(start);
    // Each extension takes eight bytes at least, so there are a few thousand of them at most.
    while at.saturating_add(8) <= end {
        let Ok(place) = usize::try_from(at) else { break };
        let (Ok(kind), Ok(length)) = (be32(bytes, place), be32(bytes, place.saturating_add(4))) else {
            break;
        };
        let (content, length) = (at.saturating_add(8), u64::from(length));
        match kind {
            END => break,
            BACKING_FORMAT => {
                let word = text(bytes, "the format of its backing file", content, length)?;
                found.backing_format = ImageFormat::from_word(&word);
            }
            DATA_FILE => found.data_file = Some(text(bytes, "the name of its data file", content, length)?),
            _ => {}
        }
        // Content is padded to a multiple of eight bytes, which libvirt does not skip. So it does not find a data file after
        // a backing format, and leaves it to QEMU.
        at = content.saturating_add(length);
    }
    Ok(found)
}
