//! Capabilities files: reading both forms, and writing our own.

mod read;
mod write;

/// Version of the form that [`Caps::to_xml`](crate::Caps::to_xml) writes.
pub const FORMAT_VERSION: u32 = 1;

/// Why a capabilities file cannot be used.
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

/// What is wrong with a capabilities file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CapsErrorKind {
    /// It is no well-formed XML.
    #[error("{0}")]
    Xml(String),
    /// It is longer than is sensible.
    #[error("the text is longer than {0} bytes")]
    TooLong(usize),
    /// The root element is another one.
    #[error("the root element is '{0}', not 'qemuCaps'")]
    Root(String),
    /// The file was written in a later form.
    #[error("the form '{0}' is later than this program")]
    FormatVersion(String),
    /// A flag that no release knows.
    #[error("there is no capability flag '{0}'")]
    UnknownFlag(String),
    /// An element that must be there is not.
    #[error("the element '{0}' is missing")]
    MissingElement(&'static str),
    /// An attribute that must be there is not.
    #[error("element '{element}' lacks attribute '{attribute}'")]
    MissingAttribute {
        /// Where it should be.
        element: String,
        /// What is missing.
        attribute: &'static str,
    },
    /// A value that is no number, no known spelling, or out of range.
    #[error("'{value}' is no valid {what} of element '{element}'")]
    Value {
        /// Where it stands.
        element: String,
        /// Name of the attribute, or `content`.
        what: &'static str,
        /// The text.
        value: String,
    },
}
