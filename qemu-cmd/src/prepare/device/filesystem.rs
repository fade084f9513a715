//! `<filesystem>`: its driver, and the socket of virtiofsd.

use virtargv_caps::Convention;
use virtargv_model::Problem;
use virtargv_model::device::filesystem::{Filesystem, FsAccessMode, FsDriver};

use super::Device;
use super::chardev_source::CharBackend;
use crate::helper::{Helper, VirtiofsdHelper};
use crate::needs::Process;
use crate::prepare::context::Prepare;

/// A prepared file system.
#[derive(Debug)]
pub(crate) enum Facts {
    /// 9p, whose server is in QEMU.
    NineP(NinePDriver),
    /// virtiofs, with the socket of virtiofsd.
    Virtiofs(Box<CharBackend>),
    /// The Media Transfer Protocol, over USB.
    Mtp,
    /// The driver is for other hypervisors. A rule refuses it; where validation is skipped, libvirt ignores the element.
    Nothing,
}

/// The driver of 9p (`fsdriver=`).
#[derive(Debug, Clone, Copy)]
pub(crate) enum NinePDriver {
    /// `handle`.
    Handle,
    /// `local`.
    Local {
        /// `security_model=`: how users and permissions of the guest are kept on the host.
        security: &'static str,
    },
}

/// Prepares a `<filesystem>`.
pub(crate) fn prepare(cx: &mut Prepare<'_>, fs: Device<'_, Filesystem>) -> Result<Facts, Problem> {
    Ok(match fs.driver {
        None | Some(FsDriver::Path) => Facts::NineP(NinePDriver::Local {
            security: match fs.access_mode {
                None | Some(FsAccessMode::Passthrough) => "passthrough",
                Some(FsAccessMode::Mapped) => "mapped",
                Some(FsAccessMode::Squash) => "none",
            },
        }),
        Some(FsDriver::Handle) => Facts::NineP(NinePDriver::Handle),
        Some(FsDriver::Virtiofs) => Facts::Virtiofs(Box::new(socket(cx, fs))),
        Some(FsDriver::Mtp) => Facts::Mtp,
        Some(FsDriver::Loop | FsDriver::Nbd | FsDriver::Ploop) => Facts::Nothing,
    })
}

/// The socket of virtiofsd.
fn socket(cx: &Prepare<'_>, fs: Device<'_, Filesystem>) -> CharBackend {
    let path = fs.source.socket.clone().unwrap_or_else(|| {
        let short = cx.release().has(Convention::VirtiofsSocketName);
        let ending = if short { "-fs.sock" } else { ".vhost-fs.sock" };
        format!("{}/{}{ending}", cx.directories.domain, fs.alias)
    });
    match (&fs.source.socket, &fs.source.path) {
        // With a socket in the document, virtiofsd runs already.
        (None, Some(directory)) => {
            CharBackend::started(path, Helper::Virtiofsd(VirtiofsdHelper::of(&fs, directory)), None)
        }
        _ => CharBackend::connected(path, Process::Virtiofsd, None),
    }
}
