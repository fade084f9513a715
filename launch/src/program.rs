//! Where programs are installed.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

/// The directories of programs. `PATH` is not looked at, as it can have directories that others write to.
const DIRECTORIES: &[&str] =
    &["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin", "/usr/local/sbin", "/usr/libexec"];

/// Where distributions install virtiofsd, which is not in a directory of programs.
const VIRTIOFSD: &[&str] =
    &["/usr/libexec/virtiofsd", "/usr/lib/virtiofsd", "/usr/lib/qemu/virtiofsd", "/usr/bin/virtiofsd"];

/// The path of the program `name`; `None` if it is not installed.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    DIRECTORIES.iter().map(|directory| Path::new(directory).join(name)).find(|path| is_program(path))
}

/// The path of virtiofsd.
pub(crate) fn virtiofsd() -> Option<PathBuf> {
    VIRTIOFSD.iter().map(PathBuf::from).find(|path| is_program(path))
}

/// Whether the file is one that can be executed.
pub(crate) fn is_program(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}
