//! Why a source tree cannot be imported.

use std::fmt;

/// Why a source tree cannot be imported: what is wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file, relative to the source tree, and the line in it (0 where the whole file is meant).
    place: Option<(String, u32)>,
    what: String,
    help: &'static str,
}

impl Fault {
    /// A fault that has no place in a file.
    pub fn new(what: impl Into<String>, help: &'static str) -> Self {
        Self { place: None, what: what.into(), help }
    }

    /// A fault in `line` of the test list. The file is filled in by [`Fault::of`].
    pub fn at(line: u32, what: impl Into<String>, help: &'static str) -> Self {
        Self { place: Some((String::new(), line)), what: what.into(), help }
    }

    /// What is wrong.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The fault with the name of the file that its line is in.
    #[must_use]
    pub fn of(mut self, file: &str) -> Self {
        if let Some((name, _)) = &mut self.place
            && name.is_empty()
        {
            file.clone_into(name);
        }
        self
    }
}

/// The help of faults whose cause is a construct that the importer does not know.
pub const NOT_KNOWN: &str = "the importer knows the lists of libvirt 7.0 to 11.3: another release may need a row in \
                             testsuite/src/bin/conformance/import";

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some((file, 0)) => write!(f, "{file}: ")?,
            Some((file, line)) => write!(f, "{file}:{line}: ")?,
            None => {}
        }
        write!(f, "{}\n  help: {}", self.what, self.help)
    }
}
