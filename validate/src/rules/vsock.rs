//! Rules on `<vsock>`.

use virtargv_caps::Cap;

use super::virtio;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// There is one vsock device.
    VSOCK_SINGLE = "vsock-single": Xml, Complete, "a guest has one address";
    /// A vsock device is asked of a QEMU that has it.
    VSOCK_QEMU = "vsock-qemu": Unsupported, Validate, "`vhost-vsock`";
    /// Addresses below 3 are the host's.
    VSOCK_CID = "vsock-cid": Unsupported, Validate, "`guest-cid=` of `vhost-vsock`";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let vsocks = &cx.domain.devices.vsocks;
    if let Some(extra) = vsocks.get(1) {
        out.refuse(&VSOCK_SINGLE, extra.info.pos, "a guest has one 'vsock'");
    }
    for vsock in vsocks {
        if let Some(cid @ (1 | 2)) = vsock.cid {
            let message = format!("attribute 'address' of element 'cid' is '{cid}', guests count from '3'");
            out.refuse(&VSOCK_CID, vsock.info.pos.path("cid/@address"), message);
        }
        virtio::available(cx, vsock.virtio, &vsock.info.pos.path("driver"), out);
        if !cx.has(Cap::DeviceVhostVsock) {
            out.refuse(&VSOCK_QEMU, vsock.info.pos, "this QEMU has no device 'vhost-vsock'");
        }
    }
}
