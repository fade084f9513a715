//! CPU model definitions: which features a named model has.

/// CPU model definitions of every architecture.
#[derive(Clone, Debug, Default)]
pub struct CpuMap {}

/// Why a set of definitions cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {message}")]
pub struct CpuMapError {
    /// The file.
    pub file: String,
    /// What is wrong.
    pub message: String,
}
