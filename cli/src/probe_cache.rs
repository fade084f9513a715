//! Probing a QEMU binary, with a cache of the results.
//!
//! The cache is `$XDG_CACHE_HOME/virtargv/probes` (or below `~/.cache`), with one capabilities file for each binary and
//! release, and one file for each binary with its replies about options (`--verify`). The name of a file depends on everything that decides QEMU's answers, see [`Key`]. What is in it decides
//! which program is started with which arguments, so only what this user wrote is believed: the directory is this
//! user's and closed to others, and so is the file, which is no link, pipe or device.

use std::collections::hash_map::{DefaultHasher, RandomState};
use std::fs::{self, File, Metadata};
use std::hash::{BuildHasher as _, Hash, Hasher};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Dir, Mode, OFlags};
use virtargv::{Caps, Release};

use crate::Unusable;

/// The largest file that is read, in bytes. Those of QEMU for x86 have half a million.
const MAX_LENGTH: u64 = 32 << 20;

/// The capabilities of the binary at `path`, from the cache unless there is nothing or `refresh` is set.
pub(crate) fn probe(path: &Path, release: Release, refresh: bool) -> Result<Caps, Unusable> {
    let key = Key::of(path, Kept::Caps(release));
    let cache = key.as_ref().and_then(|_| Cache::open());
    if let (Some(cache), Some(key), false) = (&cache, &key, refresh)
        && let Ok(text) = cache.read(&key.file)
        && let Ok(caps) = Caps::from_xml(&text, release)
    {
        return Ok(named(caps, path));
    }
    let caps = fresh(path, release)?;
    let text = caps.to_xml();
    if let (Some(cache), Some(key)) = (&cache, &key)
        // A binary that was replaced meanwhile is not the one that answered.
        && Key::of(path, Kept::Caps(release)).as_ref() == Some(key)
    {
        // A cache that cannot be written is no error.
        let _ = cache.write(key, &text);
    }
    // The same answer as from the file next time.
    Ok(Caps::from_xml(&text, release).unwrap_or(caps))
}

/// The replies of the binary at `path` about its options, where they are in the cache.
pub(crate) fn replies(path: &Path) -> Option<String> {
    let key = Key::of(path, Kept::Replies)?;
    Cache::open()?.read(&key.file).ok()
}

/// Keeps the replies of the binary at `path` in the cache. One that cannot be written is no error.
pub(crate) fn keep_replies(path: &Path, text: &str) {
    if let (Some(key), Some(cache)) = (Key::of(path, Kept::Replies), Cache::open()) {
        let _ = cache.write(&key, text);
    }
}

/// What is kept of a binary.
#[derive(Clone, Copy)]
enum Kept {
    /// Its capabilities under a release.
    Caps(Release),
    /// Its replies about options.
    Replies,
}

impl Kept {
    /// The ending of its file.
    fn ending(self) -> &'static str {
        match self {
            Self::Caps(_) => "xml",
            Self::Replies => "replies",
        }
    }

    /// What tells it from other files of the same binary.
    fn name(self) -> &'static str {
        match self {
            Self::Caps(release) => release.name(),
            Self::Replies => "replies",
        }
    }
}

/// Capabilities from the cache for the binary at `path`, which may have been probed by another of its names.
fn named(caps: Caps, path: &Path) -> Caps {
    let name = std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string();
    if caps.emulator() == name { caps } else { caps.edit().emulator(name).build() }
}

/// The capabilities of the binary at `path`, asked now, with the host that they depend on.
pub(crate) fn fresh(path: &Path, release: Release) -> Result<Caps, Unusable> {
    let caps = virtargv_caps::probe::probe(path, release)?;
    if !caps.has(virtargv::Cap::Kvm) {
        return Ok(caps);
    }
    Ok(match virtargv_system::probed_on() {
        Some(host) => caps.edit().probed_on(host).build(),
        None => caps,
    })
}

/// What decides the answers of a binary: its file, its modules and this program; for capabilities also KVM with CPU and
/// kernel, and the release.
#[derive(Debug, PartialEq, Eq)]
struct Key {
    /// The first part of the name of the file in the cache: the binary, and what is kept of it.
    binary: String,
    /// The name of the file in the cache.
    file: String,
}

impl Key {
    /// `None` if there is no such binary.
    fn of(path: &Path, kept: Kept) -> Option<Self> {
        let path = fs::canonicalize(path).ok()?;
        let name = path.file_name()?.to_str()?;
        let mut binary = Digest::new();
        (&path, kept.name()).hash(&mut binary);
        let binary = format!("{name}-{:016x}", binary.0.finish());
        let mut state = Digest::new();
        state.file(&fs::metadata(&path).ok()?);
        for (dir, found) in module_directories(&path) {
            dir.hash(&mut state);
            state.file(&found);
        }
        if let Kept::Caps(_) = kept {
            // `None` where KVM cannot be used.
            virtargv_system::probed_on().hash(&mut state);
            virtargv_caps::probe::host_has_tdx().hash(&mut state);
        }
        std::env::var_os("LD_LIBRARY_PATH").hash(&mut state);
        env!("CARGO_PKG_VERSION").hash(&mut state);
        let file = format!("{binary}-{:016x}.{}", state.0.finish(), kept.ending());
        Some(Self { binary, file })
    }
}

/// The directories of QEMU's modules that exist: where the environment says, and where distributions have them. A module
/// that is installed later adds devices.
fn module_directories(binary: &Path) -> impl Iterator<Item = (PathBuf, Metadata)> {
    let prefix = binary.parent().and_then(Path::parent).unwrap_or(Path::new("/usr"));
    let multiarch = format!("lib/{}-linux-gnu/qemu", std::env::consts::ARCH);
    let own = ["lib/qemu", "lib64/qemu", multiarch.as_str()].map(|dir| prefix.join(dir));
    let named = std::env::var_os("QEMU_MODULE_DIR").map(PathBuf::from);
    named.into_iter().chain(own).filter_map(|dir| fs::metadata(&dir).ok().map(|found| (dir, found)))
}

/// A hash of facts.
struct Digest(DefaultHasher);

impl Digest {
    fn new() -> Self {
        Self(DefaultHasher::new())
    }

    /// Adds what changes with a file: which one it is, its size and its times.
    fn file(&mut self, found: &Metadata) {
        (found.dev(), found.ino(), found.len()).hash(self);
        (found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec()).hash(self);
    }
}

impl Hasher for Digest {
    fn finish(&self) -> u64 {
        self.0.finish()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }
}

/// The directory of the cache, held open.
struct Cache(File);

impl Cache {
    /// The directory, created if need be; `None` if it is not this user's alone.
    fn open() -> Option<Self> {
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
        Self::at(&base.join("virtargv/probes"))
    }

    fn at(path: &Path) -> Option<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = rustix::fs::open(path, flags, Mode::empty()).or_else(|_| {
            if let Some(parent) = path.parent() {
                let _ = fs::create_dir_all(parent);
            }
            let _ = fs::DirBuilder::new().mode(0o700).create(path);
            rustix::fs::open(path, flags, Mode::empty())
        });
        let directory = File::from(directory.ok()?);
        let found = directory.metadata().ok()?;
        (is_own(&found) && found.mode() & 0o7777 == 0o700).then_some(Self(directory))
    }

    /// The text of a file that this user wrote.
    fn read(&self, name: &str) -> io::Result<String> {
        // A pipe would wait for its other end.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(&self.0, name, flags, Mode::empty())?);
        let found = file.metadata()?;
        if !found.is_file() || !is_own(&found) || found.mode() & 0o022 != 0 || found.len() > MAX_LENGTH {
            return Err(io::Error::other("not a file of this user"));
        }
        let mut text = String::new();
        file.take(MAX_LENGTH).read_to_string(&mut text)?;
        Ok(text)
    }

    /// Writes a file under a temporary name and renames it, so that no incomplete file is read. Earlier files of the same
    /// kind and binary are removed.
    fn write(&self, key: &Key, text: &str) -> io::Result<()> {
        let random = RandomState::new().build_hasher().finish();
        let fresh = format!("{}-{random:016x}.new", key.binary);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(rustix::fs::openat(&self.0, &fresh, flags, Mode::RUSR | Mode::WUSR)?);
        let written = file.write_all(text.as_bytes());
        let renamed = written.and_then(|()| Ok(rustix::fs::renameat(&self.0, &fresh, &self.0, &key.file)?));
        if renamed.is_err() {
            self.remove(&fresh);
        }
        for entry in Dir::read_from(&self.0)?.flatten() {
            let name = entry.file_name().to_string_lossy();
            if name.starts_with(&key.binary) && !name.ends_with(".new") && name != key.file {
                self.remove(&name);
            }
        }
        renamed
    }

    fn remove(&self, name: &str) {
        let _ = rustix::fs::unlinkat(&self.0, name, rustix::fs::AtFlags::empty());
    }
}

/// Whether a file belongs to the user of this process.
fn is_own(found: &Metadata) -> bool {
    found.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("virtargv-cache-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        path
    }

    fn key(state: &str) -> Key {
        Key { binary: "qemu-1".to_owned(), file: format!("qemu-1-{state}.xml") }
    }

    #[test]
    fn what_is_written_is_read_and_replaces_what_was_there() {
        let path = directory("written");
        let cache = Cache::at(&path).unwrap();
        cache.write(&key("a"), "one").unwrap();
        cache.write(&key("b"), "two").unwrap();
        assert_eq!(cache.read("qemu-1-b.xml").unwrap(), "two");
        let names: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["qemu-1-b.xml"]);
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn only_files_of_this_user_are_believed() {
        let path = directory("believed");
        let cache = Cache::at(&path).unwrap();
        cache.write(&key("good"), "text").unwrap();
        symlink("qemu-1-good.xml", path.join("link")).unwrap();
        fs::write(path.join("shared"), "text").unwrap();
        fs::set_permissions(path.join("shared"), fs::Permissions::from_mode(0o666)).unwrap();
        rustix::fs::mknodat(&cache.0, "pipe", rustix::fs::FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
            .unwrap();
        assert!(cache.read("qemu-1-good.xml").is_ok());
        for name in ["link", "shared", "pipe", "gone"] {
            assert!(cache.read(name).is_err(), "{name}");
        }
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn only_a_directory_that_is_closed_to_others_is_used() {
        let path = directory("closed");
        assert!(Cache::at(&path).is_some());
        for mode in [0o755, 0o770, 0o701] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(Cache::at(&path).is_none(), "{mode:o}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        let link = path.join("link");
        symlink(&path, &link).unwrap();
        assert!(Cache::at(&link).is_none());
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn a_binary_that_changes_has_another_key() {
        let path = directory("binary");
        fs::create_dir(&path).unwrap();
        let binary = path.join("qemu-system-none");
        fs::write(&binary, "one").unwrap();
        let before = Key::of(&binary, Kept::Caps(Release::V11_3)).unwrap();
        assert_eq!(Key::of(&binary, Kept::Caps(Release::V11_3)).as_ref(), Some(&before));
        for other in [Kept::Caps(Release::V7_0), Kept::Replies] {
            assert_ne!(Key::of(&binary, other).unwrap().binary, before.binary);
        }
        // Size and time of modification stay the same.
        let modified = fs::metadata(&binary).unwrap().modified().unwrap();
        fs::write(path.join("other"), "two").unwrap();
        File::options().write(true).open(path.join("other")).unwrap().set_modified(modified).unwrap();
        fs::rename(path.join("other"), &binary).unwrap();
        assert_ne!(Key::of(&binary, Kept::Caps(Release::V11_3)).unwrap(), before);
        assert_eq!(Key::of(&path.join("gone"), Kept::Caps(Release::V11_3)), None);
        fs::remove_dir_all(path).unwrap();
    }
}
