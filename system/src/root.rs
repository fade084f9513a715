//! Files below a root directory, read with limits.

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use virtargv_host::{Answer, HostError};

/// The largest text that is read: a definition in XML, a descriptor of firmware.
pub(crate) const TEXT_LIMIT: u64 = 16 << 20;

/// The directory below which all files are read: that of the machine, or a tree with the files of another one.
#[derive(Debug, Clone)]
pub(crate) struct Root(PathBuf);

impl Root {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The path of a file of the host for this process.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        if self.0 == Path::new("/") {
            return path.to_owned();
        }
        self.0.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// The path in the host of the file at `path` of this process; `None` where it is elsewhere, or not UTF-8.
    pub fn inside(&self, path: &Path) -> Option<String> {
        let root = fs::canonicalize(&self.0).ok()?;
        path.strip_prefix(root).ok()?.to_str().map(|below| format!("/{below}"))
    }

    /// Whether there is something at `path`, links followed.
    pub fn exists(&self, path: impl AsRef<Path>) -> bool {
        self.path(path).exists()
    }

    /// The bytes of the file at `path`, which is `name` for the user, at most `limit`.
    pub fn bytes(&self, what: &'static str, name: &str, path: &str, limit: u64) -> Answer<Vec<u8>> {
        let path = self.path(path);
        let failed = |error: std::io::Error| from_io(what, name, &error);
        // Opening a pipe would wait for its other end.
        if !fs::metadata(&path).map_err(failed)?.is_file() {
            return Err(HostError::failed(what, name, format!("`{}` is not a file", path.display())));
        }
        let mut bytes = Vec::new();
        let file = fs::File::open(&path).map_err(failed)?;
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > limit {
            let why = format!("`{}` has more than `{limit}` bytes", path.display());
            return Err(HostError::failed(what, name, why));
        }
        Ok(bytes)
    }

    /// The text of the file at `path`, which is `name` for the user, at most [`TEXT_LIMIT`] bytes.
    pub fn text(&self, what: &'static str, name: &str, path: &str) -> Answer<String> {
        let bytes = self.bytes(what, name, path, TEXT_LIMIT)?;
        String::from_utf8(bytes).map_err(|_| HostError::failed(what, name, "it is not text in UTF-8"))
    }

    /// The text of a file of the kernel or the system without spaces around it; `None` where it cannot be read.
    pub fn word(&self, path: &str) -> Option<String> {
        self.text("file", path, path).ok().map(|text| text.trim().to_owned())
    }

    /// The names in the directory `path`, sorted.
    pub fn names(&self, path: &str) -> Answer<Vec<String>> {
        let entries = fs::read_dir(self.path(path)).map_err(|error| from_io("directory", path, &error))?;
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// The file name of what the link at `path` leads to.
    pub fn link_name(&self, path: &str) -> Option<String> {
        let target = fs::read_link(self.path(path)).ok()?;
        Some(target.file_name()?.to_str()?.to_owned())
    }

    /// Whether the device at `path` can be opened for reading and writing.
    pub fn can_open(&self, path: &str) -> bool {
        fs::OpenOptions::new().read(true).write(true).open(self.path(path)).is_ok()
    }
}

/// Whether `name`, which can be that of a document, is the name of a file in a directory and nothing else.
pub(crate) fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\0'])
}

pub(crate) fn from_io(what: &'static str, name: &str, error: &std::io::Error) -> HostError {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => HostError::not_found(what, name),
        _ => HostError::failed(what, name, error),
    }
}
