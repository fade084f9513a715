//! What can be wrong with a description, and errors that a description tells of.

use serde::{Deserialize, Serialize};

use crate::{HostError, SecretUse};

/// Why a description cannot be read: what is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescriptionError {
    /// The text is not JSON, or not a description: an unknown key, a missing one, a value of another type.
    #[error("line {line}, column {column}: {message}")]
    Text {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// The description is of a version that is not supported.
    #[error("\"version\" is {0}, this program reads version 1")]
    Version(u32),
    /// A text in the description cannot be read.
    #[error("{place}: {message}")]
    Within {
        /// Where it is, as keys with dots between them.
        place: String,
        /// What is wrong with it.
        message: String,
    },
}

impl DescriptionError {
    /// The text at `place` cannot be read.
    pub(super) fn within(place: impl Into<String>, error: impl ToString) -> Self {
        Self::Within { place: place.into(), message: error.to_string() }
    }

    /// The problem that the JSON reader found.
    pub(super) fn of(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let message = error.to_string();
        // The reader repeats the place at the end, and has names in backquotes.
        let end = format!(" at line {line} column {column}");
        let message = message.strip_suffix(&end).unwrap_or(&message).replace('`', "'");
        Self::Text { line, column, message }
    }
}

/// Why there is no value: `"not-found"`, `"no-directory"`, `"inactive"`, `"no-value"`,
/// `{"other-type": {"kind": .., "wanted": ..}}` or `{"failed": "why"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Failure {
    /// It does not exist.
    NotFound,
    /// The directory in which it would be does not exist.
    NoDirectory,
    /// It exists, but is not active.
    Inactive,
    /// It exists, but has no value.
    NoValue,
    /// It is a secret of another type.
    #[serde(rename_all = "kebab-case")]
    OtherType {
        /// Its type.
        kind: String,
        /// The type that was asked for.
        wanted: SecretUse,
    },
    /// It exists, but cannot be used.
    Failed(String),
}

impl Failure {
    /// The failure that `error` tells of; `None` where the host did not know.
    pub(crate) fn of(error: &HostError) -> Option<Self> {
        Some(match error {
            HostError::Unknown(_) => return None,
            error if error.is_missing_directory() => Self::NoDirectory,
            HostError::NotFound { .. } => Self::NotFound,
            HostError::Inactive { .. } => Self::Inactive,
            HostError::NoValue { .. } => Self::NoValue,
            HostError::OtherType { kind, wanted, .. } => match SecretUse::from_word(wanted) {
                Some(wanted) => Self::OtherType { kind: kind.clone(), wanted },
                None => Self::Failed(error.to_string()),
            },
            HostError::Failed { why, .. } => Self::Failed(why.clone()),
        })
    }

    /// The error of the host, about `what` of this name.
    pub(super) fn error(&self, what: &'static str, name: &str) -> HostError {
        match self {
            Self::NotFound => HostError::not_found(what, name),
            Self::NoDirectory => HostError::no_directory(name),
            Self::Inactive => HostError::Inactive { what, name: name.to_owned() },
            Self::NoValue => HostError::NoValue { what, name: name.to_owned() },
            Self::OtherType { kind, wanted } => HostError::OtherType {
                what,
                name: name.to_owned(),
                kind: kind.clone(),
                wanted: wanted.as_str(),
            },
            Self::Failed(why) => HostError::failed(what, name, why),
        }
    }
}
