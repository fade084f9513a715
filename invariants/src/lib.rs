//! What holds for every document, definition and image header, whatever is in it. The tests of the workspace and the
//! fuzz targets in `fuzz/` check it alike.
//!
//! | module | what holds |
//! |---|---|
//! | [`document`] | all of these for a document, and nothing panics |
//! | [`lossless`] | a document that is written again means the same; completing a completed one changes nothing |
//! | [`mod@line`] | ids and addresses are unique |
//! | [`options`] | QEMU reads of an option the properties that were written |
//! | [`hostile`] | a value adds no argument, option, key, environment variable or part of a URL |
//! | [`reader`] | capabilities, QMP replies, CPU definitions, networks, pools, image headers, descriptions of hosts, settings |
//! | [`structured`] | all of these for domains of parts, with hostile values |

pub mod document;
pub mod hostile;
pub mod line;
pub mod lossless;
pub mod options;
pub mod reader;
pub mod structured;

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which one: a word.
    pub kind: &'static str,
    /// How it does not.
    pub what: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind, self.what)
    }
}

impl std::error::Error for Fault {}

/// A [`Fault`] of a kind, with a message as of `format!`.
macro_rules! fault {
    ($kind:literal, $($message:tt)+) => {
        Fault { kind: $kind, what: format!($($message)+) }
    };
}
pub(crate) use fault;
