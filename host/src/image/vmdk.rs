//! VMDK: the descriptor of a sparse extent is text, after the first sector.

use super::bytes::text;
use super::{BackingFile, BackingFormat, BadHeader};

/// Where libvirt looks for the descriptor.
const DESCRIPTOR: usize = 0x200;
/// The line that names the backing file.
const PARENT: &[u8] = b"parentFileNameHint=\"";

/// The backing file. The format does not state the backing file's format.
pub(super) fn backing(bytes: &[u8]) -> Result<Option<BackingFile>, BadHeader> {
    let descriptor = bytes.get(DESCRIPTOR..).unwrap_or_default();
    let descriptor = descriptor.split(|byte| *byte == 0).next().unwrap_or_default();
    let Some(at) = descriptor.windows(PARENT.len()).position(|window| window == PARENT) else {
        return Ok(None);
    };
    let start = at.saturating_add(PARENT.len());
    let rest = descriptor.get(start..).unwrap_or_default();
    let what = "the name of its backing file";
    let offset = DESCRIPTOR.saturating_add(start) as u64;
    let Some(length) = rest.iter().position(|byte| *byte == b'"') else {
        return Err(BadHeader::Outside { what, offset, length: rest.len() as u64 });
    };
    if length == 0 {
        return Ok(None);
    }
    let name = text(bytes, what, offset, length as u64)?;
    Ok(Some(BackingFile { name, format: BackingFormat::Unstated }))
}
