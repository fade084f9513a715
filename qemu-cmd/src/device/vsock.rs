//! `<vsock>`.

use virtargv_host::Descriptor;
use virtargv_model::device::vsock::{Vsock, VsockModel};
use virtargv_model::{Kind, Problem, YesNo};

use super::address;
use super::virtio::{self, Variant};
use crate::emit::{Done, Emit, problem};
use crate::needs::Role;

/// Emits `<vsock>`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    for vsock in &e.domain().devices.vsocks {
        let variant = match vsock.model {
            None | Some(VsockModel::Virtio) => Variant::Plain,
            Some(VsockModel::VirtioTransitional) => Variant::Transitional,
            Some(VsockModel::VirtioNonTransitional) => Variant::NonTransitional,
        };
        let cid = guest_cid(e, vsock)?;
        let mut props = virtio::device(e, "vhost-vsock", variant, &vsock.info, vsock.virtio)?;
        props.set_opt("id", vsock.info.alias.as_ref());
        props.set("guest-cid", cid);
        if e.is_standalone() {
            e.need_path("/dev/vhost-vsock", Role::Device);
        } else {
            let fd = e.descriptor(&Descriptor::VhostVsock).map_err(|error| unavailable(vsock, &error))?;
            props.set("vhostfd", fd.to_string());
        }
        address::add(&mut props, e, &vsock.info)?;
        virtio::late_options(&mut props, e, vsock.virtio);
        e.device(&props);
    }
    Ok(())
}

/// The guest's address: the document's, or one that the host finds free.
fn guest_cid(e: &Emit<'_>, vsock: &Vsock) -> Result<u32, Problem> {
    match (vsock.auto_cid, vsock.cid) {
        (Some(YesNo::No), cid) => Ok(cid.unwrap_or(0)),
        (None, Some(cid)) => Ok(cid),
        _ => e.host.devices().free_vsock_cid().map_err(|error| unavailable(vsock, &error)),
    }
}

fn unavailable(vsock: &Vsock, error: &virtargv_host::HostError) -> Problem {
    problem(Kind::Internal, "vsock-host", vsock.info.pos, format!("no 'vsock' for the guest: {error}"))
}
