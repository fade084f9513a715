//! Probing a QEMU binary, with a cache of the results.
//!
//! The cache is `$XDG_CACHE_HOME/virtargv` (or `~/.cache/virtargv`), with one capabilities file for each binary. The
//! name of a file depends on path, size and modification time of the binary, the version of this command and the
//! release, so that a changed binary is probed again.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use virtargv::{Caps, Release};

use crate::Unusable;

/// The capabilities of the binary at `path`, from the cache unless there is nothing or `refresh` is set.
pub(crate) fn probe(path: &Path, release: Release, refresh: bool) -> Result<Caps, Unusable> {
    let file = cached(path, release);
    if let (Some(file), false) = (&file, refresh)
        && let Ok(text) = fs::read_to_string(file)
        && let Ok(caps) = Caps::from_xml(&text, release)
    {
        return Ok(caps);
    }
    let caps = virtargv_caps::probe::probe(path, release)?;
    if let Some(file) = file {
        // A cache that cannot be written is no error.
        let _ = store(&file, &caps.to_xml());
    }
    Ok(caps)
}

/// The path of the binary's file in the cache; `None` if there is no cache directory or no such binary.
fn cached(path: &Path, release: Release) -> Option<PathBuf> {
    let path = fs::canonicalize(path).ok()?;
    let meta = fs::metadata(&path).ok()?;
    let changed = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let mut hasher = DefaultHasher::new();
    (&path, meta.len(), changed.as_nanos(), env!("CARGO_PKG_VERSION"), release.name()).hash(&mut hasher);
    let name = path.file_name()?.to_str()?;
    Some(directory()?.join(format!("{name}-{:016x}.xml", hasher.finish())))
}

fn directory() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(cache.join("virtargv"))
}

/// Writes a temporary file and renames it, so that no incomplete file is read.
fn store(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory)?;
    }
    let fresh = file.with_extension(format!("{}.new", std::process::id()));
    fs::write(&fresh, text)?;
    fs::rename(&fresh, file)
}
