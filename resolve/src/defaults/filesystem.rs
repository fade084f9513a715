//! Defaults of `<filesystem>`.

use virtargv_model::device::filesystem::{FsAccessMode, FsType};

use crate::Work;

/// Fills in every `<filesystem>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    for fs in &mut work.domain.devices.filesystems {
        fs.kind.get_or_insert(FsType::Mount);
        // A running daemon has its own access mode.
        if fs.source.socket.is_none() {
            fs.access_mode.get_or_insert(FsAccessMode::Passthrough);
        }
    }
}
