//! `<vsock>`: its CID and the descriptor of `/dev/vhost-vsock`.

use virtargv_host::{Descriptor, Fact, Runner};
use virtargv_model::device::vsock::Vsock;
use virtargv_model::{Problem, YesNo};
use virtargv_validate::rules::vsock as rules;

use super::Device;
use crate::prepare::context::{Prepare, broken};
use crate::prepare::descriptor::Passed;

/// A prepared vsock device.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The context id of the guest, 3 or above; 0 for one that a start chooses, if the command line is to be read only.
    pub cid: u32,
    /// How QEMU gets at `/dev/vhost-vsock`.
    pub vhost: Vhost,
}

/// How QEMU gets at `/dev/vhost-vsock`.
#[derive(Debug)]
pub(crate) enum Vhost {
    /// It inherits a descriptor.
    Passed(Passed),
    /// It opens the device itself.
    Path,
    /// The device is not open, because the command line is to be read only.
    NotOpen,
}

/// Prepares a `<vsock>`.
pub(crate) fn prepare(cx: &mut Prepare<'_>, vsock: Device<'_, Vsock>) -> Result<Facts, Problem> {
    if !cx.is_for_reader() && cx.host.devices().vhost_vsock() == Ok(false) {
        let message = "`<vsock>` needs vhost-vsock, but `/dev/vhost-vsock` cannot be opened on the host";
        return Err(crate::rules::VSOCK_VHOST.problem(cx.release(), vsock.info.pos, message));
    }
    let cid = match (vsock.auto_cid, vsock.cid) {
        (Some(YesNo::No), cid) => cid.ok_or_else(|| {
            let message = "`<cid>` of `<vsock>` has auto `no` and has no `address=`, the context id";
            broken(cx.release(), &rules::VSOCK_CID, vsock.info.pos, message)
        })?,
        (None, Some(cid)) => cid,
        _ if cx.is_for_reader() => 0,
        _ => cx.host.devices().free_vsock_cid().map_err(|error| {
            let message = format!("no context id for `<vsock>`: {error}");
            let problem = crate::rules::VSOCK_HOST.problem(cx.release(), vsock.info.pos, message);
            Fact::VsockCid.unanswered(&error, problem)
        })?,
    };
    let vhost = match cx.options.runner {
        Runner::Launcher => Vhost::Passed(cx.pass(&Descriptor::VhostVsock, vsock.info.pos)?),
        Runner::Shell(_) => Vhost::Path,
        Runner::Reader => Vhost::NotOpen,
    };
    Ok(Facts { cid, vhost })
}
