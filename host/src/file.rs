//! Files of the host.

/// What a path leads to, links followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStat {
    /// Its kind.
    pub kind: FileKind,
    /// The size in bytes of a file or block device; 0 for other kinds.
    pub size: u64,
}

/// The kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "described", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "described", serde(rename_all = "kebab-case"))]
pub enum FileKind {
    /// A regular file.
    Regular,
    /// A block device.
    Block,
    /// A directory.
    Directory,
    /// A character device, a socket or a pipe.
    Other,
}

/// A path without empty parts, `.` and `..`. Links are not followed, so where a directory is a link the result can lead
/// elsewhere.
///
/// ```
/// assert_eq!(virtargv_host::simplified("/images/sub/.././base.raw"), "/images/base.raw");
/// ```
pub fn simplified(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}
