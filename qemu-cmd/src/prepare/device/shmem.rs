//! `<shmem>`: the server of shared memory.

use virtargv_model::Problem;
use virtargv_model::device::shmem::Shmem;

use super::Device;
use super::chardev_source::HostSide;
use crate::needs::Process;
use crate::prepare::context::Prepare;

/// The socket of the server, where there is one.
pub(crate) fn settle(_: &mut Prepare<'_>, shmem: Device<'_, Shmem>) -> Result<Option<HostSide>, Problem> {
    let Some(server) = &shmem.server else { return Ok(None) };
    let path = server.path.clone().unwrap_or_else(|| format!("/var/lib/libvirt/shmem-{}-sock", shmem.name));
    Ok(Some(HostSide::connected(path, Process::IvshmemServer, None)))
}
