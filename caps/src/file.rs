//! Capabilities files: reading libvirt's form and that of this crate, and writing the latter.

mod read;
mod write;

/// The version of the form that [`Caps::to_xml`](crate::Caps::to_xml) writes.
pub const FORMAT_VERSION: u32 = 1;

/// The error for a capabilities file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {kind}")]
pub struct CapsError {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong.
    pub kind: CapsErrorKind,
}

/// The kind of error of a capabilities file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CapsErrorKind {
    /// The text is not well-formed XML.
    #[error("this is not a capabilities file: it is not XML ({0})")]
    Xml(String),
    /// The text exceeds the size limit.
    #[error("the text is longer than {0} bytes")]
    TooLong(usize),
    /// The root element is not `<qemuCaps>`.
    #[error("this is not a capabilities file: the root element is `<{0}>`, not `<qemuCaps>`")]
    Root(String),
    /// The file has a later form than [`FORMAT_VERSION`].
    #[error("the form `{0}` is not known; a later version of this program wrote the file")]
    FormatVersion(String),
    /// A flag that no release has.
    #[error("there is no capability flag `{0}`")]
    UnknownFlag(String),
    /// A mandatory element is missing.
    #[error("`<{0}>` is missing")]
    MissingElement(&'static str),
    /// A mandatory attribute is missing.
    #[error("`<{element}>` lacks `{attribute}`")]
    MissingAttribute {
        /// The element.
        element: String,
        /// The missing attribute.
        attribute: &'static str,
    },
    /// A value is not a number or a known word, or is out of range.
    #[error("`{value}` is not a valid {what} of `<{element}>`")]
    Value {
        /// The element.
        element: String,
        /// The name of the attribute, or `content`.
        what: &'static str,
        /// The text.
        value: String,
    },
}
