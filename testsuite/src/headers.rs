//! Headers of images.

/// A qcow2 header, written by [`Qcow2::bytes`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Qcow2<'a> {
    /// The name of the backing file; empty if there is none.
    pub backing: &'a str,
    /// The format of the backing file; empty if it is not stated.
    pub format: &'a str,
    /// The name of the external data file; empty if there is none.
    pub data_file: &'a str,
    /// The method of encryption: 0 none, 1 AES, 2 LUKS.
    pub encryption: u32,
    /// The length of the name of the backing file, instead of the true one.
    pub claimed_length: Option<u32>,
}

impl Qcow2<'_> {
    /// The header of an image of version 3.
    pub fn bytes(&self) -> Vec<u8> {
        const SIZE: u32 = 104;
        let mut extensions = Vec::new();
        for (kind, text) in [(0x4441_5441, self.data_file), (0xE279_2ACA_u32, self.format), (0, "")] {
            if kind == 0 || !text.is_empty() {
                extensions.extend(kind.to_be_bytes());
                extensions.extend(length(text).to_be_bytes());
                extensions.extend(text.bytes());
                extensions.resize(extensions.len().next_multiple_of(8), 0);
            }
        }
        let backing_offset =
            if self.backing.is_empty() { 0 } else { u64::from(SIZE) + extensions.len() as u64 };
        let mut out = b"QFI\xfb\0\0\0\x03".to_vec();
        out.extend(backing_offset.to_be_bytes());
        out.extend(self.claimed_length.unwrap_or_else(|| length(self.backing)).to_be_bytes());
        out.resize(32, 0);
        out.extend(self.encryption.to_be_bytes());
        out.resize(72, 0);
        out.extend((u64::from(!self.data_file.is_empty()) << 2).to_be_bytes());
        out.resize(100, 0);
        out.extend(SIZE.to_be_bytes());
        out.extend(extensions);
        out.extend(self.backing.bytes());
        out
    }
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

/// A qcow2 header with a backing file.
pub fn overlay(backing: &str, format: &str) -> Vec<u8> {
    Qcow2 { backing, format, ..Qcow2::default() }.bytes()
}
