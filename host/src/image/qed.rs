//! QED (QEMU's `docs/interop/qed_spec.txt`). All numbers are little-endian.

use virtargv_model::device::storage::ImageFormat;

use super::bytes::{le32, le64, text};
use super::{BackingFile, BackingFormat, BadHeader, magic};

/// Offsets of fields.
const FEATURES: usize = 16;
const BACKING_OFFSET: usize = 56;
const BACKING_LENGTH: usize = 60;

/// The feature: there is a backing file.
const HAS_BACKING: u64 = 1;
/// The feature: the backing file is raw, whatever its content.
const BACKING_IS_RAW: u64 = 1 << 2;

/// The backing file.
pub(super) fn backing(bytes: &[u8]) -> Result<Option<BackingFile>, BadHeader> {
    if !magic::is_qed(bytes) {
        return Ok(None);
    }
    let features = le64(bytes, FEATURES)?;
    if features & HAS_BACKING == 0 {
        return Ok(None);
    }
    let (offset, length) = (le32(bytes, BACKING_OFFSET)?, le32(bytes, BACKING_LENGTH)?);
    if length == 0 {
        return Ok(None);
    }
    let name = text(bytes, "the name of its backing file", u64::from(offset), u64::from(length))?;
    let is_raw = features & BACKING_IS_RAW != 0;
    let format = if is_raw { BackingFormat::Stated(ImageFormat::Raw) } else { BackingFormat::OfContent };
    Ok(Some(BackingFile { name, format }))
}
