//! `<filesystem>`: the socket of virtiofsd.

use virtargv_caps::Convention;
use virtargv_model::Problem;
use virtargv_model::device::filesystem::{Filesystem, FsDriver};

use super::Device;
use super::chardev_source::CharBackend;
use crate::helper::{Helper, VirtiofsdHelper};
use crate::needs::Process;
use crate::prepare::context::Prepare;

/// Prepares a `<filesystem>`: the socket of virtiofsd; `None` for other drivers.
pub(crate) fn prepare(
    cx: &mut Prepare<'_>,
    fs: Device<'_, Filesystem>,
) -> Result<Option<CharBackend>, Problem> {
    if fs.driver != Some(FsDriver::Virtiofs) {
        return Ok(None);
    }
    let path = fs.source.socket.clone().unwrap_or_else(|| {
        let short = cx.release().has(Convention::VirtiofsSocketName);
        let ending = if short { "-fs.sock" } else { ".vhost-fs.sock" };
        format!("{}/{}{ending}", cx.directories.domain, fs.alias)
    });
    Ok(Some(match (&fs.source.socket, &fs.source.path) {
        // With a socket in the document, virtiofsd runs already.
        (None, Some(directory)) => {
            CharBackend::started(path, Helper::Virtiofsd(VirtiofsdHelper::of(&fs, directory)), None)
        }
        _ => CharBackend::connected(path, Process::Virtiofsd, None),
    }))
}
