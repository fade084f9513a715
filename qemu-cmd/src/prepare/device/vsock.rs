//! `<vsock>`: the guest's address and the descriptor of `/dev/vhost-vsock`.

use virtargv_host::Descriptor;
use virtargv_model::device::vsock::Vsock;
use virtargv_model::{Problem, YesNo};
use virtargv_validate::rules::vsock as rules;

use super::Device;
use crate::prepare::context::{Prepare, must, problem};
use crate::prepare::descriptor::Passed;

/// What is settled about a vsock device.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The guest's address.
    pub cid: u32,
    /// `/dev/vhost-vsock`; QEMU opens it itself where there is no launcher.
    pub vhost: Option<Passed>,
}

/// Settles it.
pub(crate) fn prepare(cx: &mut Prepare<'_>, vsock: Device<'_, Vsock>) -> Result<Facts, Problem> {
    let cid = match (vsock.auto_cid, vsock.cid) {
        (Some(YesNo::No), cid) => must(cid, &rules::VSOCK_CID, vsock.info.pos)?,
        (None, Some(cid)) => cid,
        _ => cx.host.free_vsock_cid().map_err(|error| {
            let message = format!("no 'vsock' for the guest: {error}");
            problem(&crate::rules::VSOCK_HOST, vsock.info.pos, message)
        })?,
    };
    let vhost = (!cx.is_standalone()).then(|| cx.numbers.pass(&Descriptor::VhostVsock));
    Ok(Facts { cid, vhost })
}
