//! Asking a QEMU binary, and remembering what it said.
//!
//! Answers are kept in `$XDG_CACHE_HOME/virtargv` (or `~/.cache/virtargv`), one capabilities file a binary. A file's
//! name is made of the binary's path, size and time of change, of this command's version and of the release, so that a
//! changed binary is asked again.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use virtargv::{Caps, Release};

use crate::Unusable;

/// What the binary at `path` can do; asked anew where nothing is remembered or `refresh` wants it.
pub(crate) fn probe(path: &Path, release: Release, refresh: bool) -> Result<Caps, Unusable> {
    let file = remembered(path, release);
    if let (Some(file), false) = (&file, refresh)
        && let Ok(text) = fs::read_to_string(file)
        && let Ok(caps) = Caps::from_xml(&text, release)
    {
        return Ok(caps);
    }
    let caps = virtargv_caps::probe::probe(path, release)?;
    if let Some(file) = file {
        // Remembering is a convenience; where it is not possible, the answer is still good.
        let _ = keep(&file, &caps.to_xml());
    }
    Ok(caps)
}

/// Where the answer of the binary is kept, where it can be.
fn remembered(path: &Path, release: Release) -> Option<PathBuf> {
    let path = fs::canonicalize(path).ok()?;
    let meta = fs::metadata(&path).ok()?;
    let changed = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let mut hasher = DefaultHasher::new();
    (&path, meta.len(), changed.as_nanos(), env!("CARGO_PKG_VERSION"), release.name()).hash(&mut hasher);
    let name = path.file_name()?.to_str()?;
    Some(folder()?.join(format!("{name}-{:016x}.xml", hasher.finish())))
}

fn folder() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(cache.join("virtargv"))
}

/// Writes beside the file and renames, so that no half-written answer is ever read.
fn keep(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let fresh = file.with_extension(format!("{}.new", std::process::id()));
    fs::write(&fresh, text)?;
    fs::rename(&fresh, file)
}
