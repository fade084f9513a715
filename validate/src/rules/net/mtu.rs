//! Rules on `<mtu>` of `<interface>`.

use virtargv_caps::Cap;
use virtargv_model::device::net::{BackendType, Interface, InterfaceType};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// Only interfaces of type `network`, `bridge`, `ethernet` and `vhostuser`, and those of type `user` with passt, have an MTU.
    MTU_TYPE = "net-mtu-type": Unsupported, Validate,
        "`<interface><mtu>`: the MTU is set on the host's device or daemon as well, which the other types do not let libvirt do",
        help "remove `<mtu>`, or use an interface of a type that has one, such as `bridge`";
    /// The MTU of a virtio interface needs a QEMU that tells the guest.
    MTU_OPTION = "net-mtu-option": Unsupported, Validate,
        "`<interface><mtu size=>`: `host_mtu=` of `virtio-net`, new in QEMU 2.9",
        help "remove `<mtu>`, or use QEMU 2.9 or later";
}

/// The size of the packets that the host's side and the guest use.
pub(super) fn check(nic: &Interface, out: &mut Findings<'_>) {
    let kind = nic.kind();
    let passt = nic.backend.kind == Some(BackendType::Passt);
    let is_supported = match kind {
        InterfaceType::Network
        | InterfaceType::Bridge
        | InterfaceType::Ethernet
        | InterfaceType::Vhostuser => true,
        InterfaceType::User => passt,
        _ => false,
    };
    if let Some(mtu) = nic.mtu.filter(|_| !is_supported) {
        let message = format!("`<mtu>` (`{mtu}`) is not supported for interface type `{kind}`");
        out.refuse(&MTU_TYPE, nic.info.pos.path("mtu/@size"), message);
    }
}

/// Checks that this QEMU tells a virtio interface's guest the MTU.
pub(super) fn check_option(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    if let Some(mtu) = nic.mtu.filter(|_| nic.is_virtio())
        && !cx.has(Cap::VirtioNetHostMtu)
    {
        let message = format!("this QEMU has no option `host_mtu` (`{mtu}`) of virtio-net");
        out.refuse(&MTU_OPTION, nic.info.pos.path("mtu/@size"), message);
    }
}
