//! Answers of the host.

/// What a host answers: a value, or why there is none. A host that does not know the answer returns
/// [`HostError::Unknown`], which is different from [`HostError::NotFound`].
pub type Answer<T> = Result<T, HostError>;

/// What a directory is called in [`HostError::NotFound`].
const DIRECTORY: &str = "directory";

/// Why the host has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// The host does not know. What was asked for may or may not exist.
    #[error("the host does not know {0}")]
    Unknown(&'static str),
    /// What was asked for does not exist.
    #[error("{what} `{name}` was not found")]
    NotFound {
        /// What it is, such as `storage pool`.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// It exists, but not in a state in which it can be used.
    #[error("{what} `{name}` is not active")]
    Inactive {
        /// What it is.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// It exists and has no value: a secret whose value was never set.
    #[error("{what} `{name}` has no value")]
    NoValue {
        /// What it is.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// It exists and is for something else: a secret of another type.
    #[error("{what} `{name}` is of type `{kind}`, not `{wanted}`")]
    OtherType {
        /// What it is.
        what: &'static str,
        /// Its name.
        name: String,
        /// Its type.
        kind: String,
        /// The type that is asked for.
        wanted: &'static str,
    },
    /// It exists and cannot be used: a definition that cannot be read, a service that failed.
    #[error("{what} `{name}`: {why}")]
    Failed {
        /// What it is.
        what: &'static str,
        /// Its name.
        name: String,
        /// What went wrong.
        why: String,
    },
}

impl HostError {
    /// `what` of this name does not exist.
    pub fn not_found(what: &'static str, name: impl Into<String>) -> Self {
        Self::NotFound { what, name: name.into() }
    }

    /// The directory `path` does not exist.
    pub fn no_directory(path: impl Into<String>) -> Self {
        Self::not_found(DIRECTORY, path)
    }

    /// `what` of this name exists and cannot be used.
    pub fn failed(what: &'static str, name: impl Into<String>, why: impl ToString) -> Self {
        Self::Failed { what, name: name.into(), why: why.to_string() }
    }

    /// The message that `what` called `name` cannot be looked up, with the reason.
    pub fn about(&self, what: &str, name: &str) -> String {
        match self {
            Self::Unknown(_) => format!("{what} `{name}` cannot be looked up: {self}"),
            _ => self.to_string(),
        }
    }

    /// Whether a directory of the host is missing, which libvirt reports as the system's error.
    pub fn is_missing_directory(&self) -> bool {
        matches!(self, Self::NotFound { what: DIRECTORY, .. })
    }

    /// Whether the host does not know the answer.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }
}
