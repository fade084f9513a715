//! Files and block devices.

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::FileTypeExt as _;

use virtargv_host::{Answer, FileKind, FileStat, Files, HostError};

use crate::SystemHost;
use crate::root::from_io;

impl Files for SystemHost {
    fn read_text(&self, path: &str) -> Answer<String> {
        self.root.text("file", path, path)
    }

    fn list(&self, path: &str) -> Answer<Vec<String>> {
        self.root.names(path)
    }

    fn stat(&self, path: &str) -> Answer<FileStat> {
        let real = self.root.path(path);
        let found = fs::metadata(&real).map_err(|error| from_io("file", path, &error))?;
        let kind = found.file_type();
        let stat = |kind, size| Ok(FileStat { kind, size });
        if kind.is_file() {
            stat(FileKind::Regular, found.len())
        } else if kind.is_block_device() {
            let mut device = fs::File::open(&real).map_err(|error| from_io("device", path, &error))?;
            let size = device.seek(SeekFrom::End(0)).map_err(|error| from_io("device", path, &error))?;
            stat(FileKind::Block, size)
        } else if kind.is_dir() {
            stat(FileKind::Directory, 0)
        } else {
            stat(FileKind::Other, 0)
        }
    }

    fn read_at(&self, path: &str, offset: u64, length: usize) -> Answer<Vec<u8>> {
        // Opening a pipe would wait for its other end.
        if self.stat(path)?.kind == FileKind::Other {
            return Err(HostError::failed("file", path, "it is neither a file nor a block device"));
        }
        let read = || {
            let mut file = fs::File::open(self.root.path(path))?;
            file.seek(SeekFrom::Start(offset))?;
            let mut bytes = Vec::new();
            file.take(length as u64).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|error| from_io("file", path, &error))
    }

    fn real_path(&self, path: &str) -> Answer<String> {
        let real = fs::canonicalize(self.root.path(path)).map_err(|error| from_io("file", path, &error))?;
        self.root
            .inside(&real)
            .ok_or_else(|| HostError::failed("file", path, "its links lead out of the root directory"))
    }

    fn is_cdrom(&self, path: &str) -> Answer<bool> {
        let real = fs::canonicalize(self.root.path(path)).map_err(|error| from_io("device", path, &error))?;
        Ok(real.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("sr")))
    }
}
