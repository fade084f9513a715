//! `<shmem>`: the socket of its server.

use virtargv_model::Problem;
use virtargv_model::device::shmem::Shmem;

use super::Device;
use super::chardev_source::CharBackend;
use crate::needs::Process;
use crate::prepare::context::Prepare;

/// Prepares a `<shmem>`: the socket of its server; `None` without a server.
pub(crate) fn prepare(_: &mut Prepare<'_>, shmem: Device<'_, Shmem>) -> Result<Option<CharBackend>, Problem> {
    let Some(server) = &shmem.server else { return Ok(None) };
    let path = server.path.clone().unwrap_or_else(|| format!("/var/lib/libvirt/shmem-{}-sock", shmem.name));
    Ok(Some(CharBackend::connected(path, Process::IvshmemServer, None)))
}
