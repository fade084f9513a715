//! Rules on `<vsock>`.

use virtargv_caps::Cap;

use super::virtio;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// A vsock device needs a QEMU that has it.
    VSOCK_QEMU = "vsock-qemu": Unsupported, Validate,
        "`<vsock>`: `-device vhost-vsock-pci` and `vhost-vsock-ccw`",
        help "remove `<vsock>`, or use a QEMU that has the device";
    /// The context id of a guest is at least 3.
    VSOCK_CID = "vsock-cid": Unsupported, Validate,
        "`<vsock><cid address=>`: `guest-cid=`; Linux reserves 0 to 2 for hypervisor, loopback and host",
        help "set `address=` to 3 or more, or use `<cid auto='yes'/>` without `address=`";
}

/// Checks `<vsock>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for vsock in &cx.domain.devices.vsocks {
        if let Some(cid @ (1 | 2)) = vsock.cid {
            let message = format!("`address` of `<cid>` is `{cid}`, expected `3` or more");
            out.refuse(&VSOCK_CID, vsock.info.pos.path("cid/@address"), message);
        }
        virtio::available(cx, vsock.virtio, &vsock.info.pos.path("driver"), out);
        if !cx.has(Cap::DeviceVhostVsock) {
            out.refuse(&VSOCK_QEMU, vsock.info.pos, "this QEMU has no device `vhost-vsock`");
        }
    }
}
