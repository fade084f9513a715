//! Image headers: the format of an image by its content, and the images that its header names.
//!
//! [`Header::read`] works on the first bytes of an image, which the caller has from
//! [`Files::read_at`](crate::Files::read_at); [`reference`](fn@reference) reads the name of a backing file or data file. Both are pure.
//! What is looked at is what libvirt looks at (`src/storage_file`), so that an image is judged as libvirt judges it.

mod bytes;
mod json;
mod magic;
mod qcow;
mod qed;
mod reference;
mod uri;
mod vmdk;

use virtargv_model::device::storage::{EncryptionFormat, ImageFormat};

pub use magic::probe;
pub use reference::{BadReference, Reference, reference};

/// How many bytes of an image are looked at, from its first on. libvirt reads no more.
pub const HEADER_LENGTH: usize = 0x8200;

/// What the header of an image says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The format: the one that was stated, or the one of the content.
    pub format: ImageFormat,
    /// The encryption.
    pub encryption: Option<EncryptionFormat>,
    /// The backing file; `None` if there is none.
    pub backing: Option<BackingFile>,
    /// The name of the external data file (qcow2).
    pub data_file: Option<String>,
}

/// The backing file that a header names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackingFile {
    /// Its name, as [`reference`](fn@reference) reads it.
    pub name: String,
    /// Its format.
    pub format: BackingFormat,
}

/// What a header says on the format of a backing file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackingFormat {
    /// It has this format.
    Stated(ImageFormat),
    /// The format is that of its content, whatever that is (QED).
    OfContent,
    /// The format is not stated, or is one that libvirt does not know. That of the content is not to be believed, see
    /// [`probe`].
    Unstated,
}

impl BackingFormat {
    /// The format, where it is stated.
    pub fn stated(self) -> Option<ImageFormat> {
        if let Self::Stated(format) = self { Some(format) } else { None }
    }
}

/// Why a header cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHeader {
    /// The image ends before its header.
    #[error("the header is cut off after `{0}` bytes")]
    Short(usize),
    /// Something of the header is beyond the end of the image, or of the bytes that are looked at.
    #[error(
        "{what} (`{length}` bytes at offset `{offset}`) is not in the first `{HEADER_LENGTH}` bytes of the image"
    )]
    Outside {
        /// What it is.
        what: &'static str,
        /// Its offset in bytes.
        offset: u64,
        /// Its length in bytes.
        length: u64,
    },
    /// A name is longer than the format allows.
    #[error("{what} is `{length}` bytes long, the format allows `{most}`")]
    Long {
        /// What it is.
        what: &'static str,
        /// Its length in bytes.
        length: u64,
        /// The greatest length in bytes.
        most: u64,
    },
    /// A name is not text.
    #[error("{0} is not UTF-8")]
    NotText(&'static str),
}

impl Header {
    /// Reads the header of an image from its first [`HEADER_LENGTH`] bytes, or fewer if the image is shorter. `format` is
    /// the stated format; without it, that of the content is taken. A stated format is believed, but if the content is
    /// not that of the format, nothing is read from it.
    ///
    /// ```
    /// use virtargv_host::image::Header;
    /// use virtargv_model::device::storage::ImageFormat;
    ///
    /// let header = Header::read(None, b"no magic number")?;
    /// assert_eq!(header.format, ImageFormat::Raw);
    /// assert_eq!(header.backing, None);
    /// # Ok::<(), virtargv_host::image::BadHeader>(())
    /// ```
    pub fn read(format: Option<ImageFormat>, bytes: &[u8]) -> Result<Self, BadHeader> {
        let bytes = bytes.get(..HEADER_LENGTH).unwrap_or(bytes);
        let format = format.unwrap_or_else(|| probe(bytes));
        let mut header = Self { format, encryption: None, backing: None, data_file: None };
        match format {
            ImageFormat::Raw if magic::is_luks(bytes) => header.encryption = Some(EncryptionFormat::Luks),
            ImageFormat::Qcow | ImageFormat::Qcow2 => qcow::read(&mut header, bytes)?,
            ImageFormat::Qed => header.backing = qed::backing(bytes)?,
            ImageFormat::Vmdk => header.backing = vmdk::backing(bytes)?,
            // QEMU has no driver for `cow`, and the other formats have no backing file that libvirt reads.
            _ => {}
        }
        Ok(header)
    }
}
