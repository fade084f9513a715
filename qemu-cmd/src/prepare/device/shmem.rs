//! `<shmem>`: its driver, with its memory and its server.

use virtargv_model::Problem;
use virtargv_model::device::shmem::{Shmem, ShmemModel, ShmemServer};
use virtargv_validate::rules::shmem as rules;

use super::Device;
use super::chardev_source::CharBackend;
use crate::needs::Process;
use crate::prepare::context::{Prepare, broken};
use crate::text::{Text, text};

/// A prepared `<shmem>`.
#[derive(Debug)]
pub(crate) enum Facts {
    /// `ivshmem`, the device before QEMU 2.6.
    Legacy {
        /// The size of its memory in bytes.
        size: u64,
        /// Who provides the memory.
        memory: LegacyMemory,
    },
    /// `ivshmem-plain`: memory only.
    Plain {
        /// The size of the memory in bytes.
        size: u64,
        /// The file of the memory.
        path: Text,
    },
    /// `ivshmem-doorbell`, which gets memory and interrupts from this server.
    Doorbell(Box<CharBackend>),
}

/// Who provides the memory of `ivshmem`.
#[derive(Debug)]
pub(crate) enum LegacyMemory {
    /// A server.
    Server(Box<CharBackend>),
    /// QEMU, in a file.
    File {
        /// The file.
        path: Text,
        /// Its name in `/dev/shm`.
        name: Text,
    },
}

/// Prepares a `<shmem>`.
pub(crate) fn prepare(cx: &mut Prepare<'_>, shmem: Device<'_, Shmem>) -> Result<Facts, Problem> {
    let (release, pos) = (cx.release(), shmem.info.pos);
    let size = || {
        let message = "`<shmem>` lacks `<size>`";
        shmem.size.ok_or_else(|| broken(release, &rules::SIZE, pos.path("size"), message))
    };
    let path = || text!("/dev/shm/", shmem.name);
    let model = shmem
        .model
        .ok_or_else(|| broken(release, &rules::MODEL, pos.path("model"), "`<shmem>` lacks `<model>`"))?;
    Ok(match (model, &shmem.server) {
        (ShmemModel::Ivshmem, Some(server)) => {
            Facts::Legacy { size: size()?, memory: LegacyMemory::Server(connect(&shmem, server)) }
        }
        (ShmemModel::Ivshmem, None) => Facts::Legacy {
            size: size()?,
            memory: LegacyMemory::File { path: path(), name: Text::from(&shmem.name) },
        },
        (ShmemModel::IvshmemPlain, None) => Facts::Plain { size: size()?, path: path() },
        (ShmemModel::IvshmemPlain, Some(_)) => {
            let message = "a `server` is not supported for shared memory of model `ivshmem-plain`";
            return Err(broken(release, &rules::SERVER_UNUSED, pos.path("server"), message));
        }
        (ShmemModel::IvshmemDoorbell, Some(server)) => Facts::Doorbell(connect(&shmem, server)),
        (ShmemModel::IvshmemDoorbell, None) => {
            let message = "shared memory of model `ivshmem-doorbell` needs a `server`";
            return Err(broken(release, &rules::SERVER_NEEDED, pos.path("model/@type"), message));
        }
    })
}

/// The socket of the server.
fn connect(shmem: &Shmem, server: &ShmemServer) -> Box<CharBackend> {
    let path = server.path.clone().unwrap_or_else(|| format!("/var/lib/libvirt/shmem-{}-sock", shmem.name));
    Box::new(CharBackend::connected(path, Process::IvshmemServer, None))
}
