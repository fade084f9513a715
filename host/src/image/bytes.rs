//! Numbers and names in the bytes of a header.

use super::BadHeader;

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], BadHeader> {
    let end = at.saturating_add(N);
    bytes.get(at..end).and_then(|found| found.try_into().ok()).ok_or(BadHeader::Short(bytes.len()))
}

/// The big-endian number of 32 bits at `at`.
pub(super) fn be32(bytes: &[u8], at: usize) -> Result<u32, BadHeader> {
    array(bytes, at).map(u32::from_be_bytes)
}

/// The big-endian number of 64 bits at `at`.
pub(super) fn be64(bytes: &[u8], at: usize) -> Result<u64, BadHeader> {
    array(bytes, at).map(u64::from_be_bytes)
}

/// The little-endian number of 32 bits at `at`.
pub(super) fn le32(bytes: &[u8], at: usize) -> Result<u32, BadHeader> {
    array(bytes, at).map(u32::from_le_bytes)
}

/// The little-endian number of 64 bits at `at`.
pub(super) fn le64(bytes: &[u8], at: usize) -> Result<u64, BadHeader> {
    array(bytes, at).map(u64::from_le_bytes)
}

/// The text of `length` bytes at `offset`, up to a zero byte in it. `what` is what messages call it.
pub(super) fn text(bytes: &[u8], what: &'static str, offset: u64, length: u64) -> Result<String, BadHeader> {
    let range = || {
        let start = usize::try_from(offset).ok()?;
        bytes.get(start..start.checked_add(usize::try_from(length).ok()?)?)
    };
    let found = range().ok_or(BadHeader::Outside { what, offset, length })?;
    let text = found.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8(text.to_vec()).map_err(|_| BadHeader::NotText(what))
}
