//! Rules on `<coalesce>` of `<interface>`.

use virtargv_model::device::net::{Interface, InterfaceType};

use crate::Findings;

virtargv_model::rules! {
    /// Only interfaces of type `network` and `bridge` have `<coalesce>`.
    COALESCE_TYPE = "net-coalesce-type": Unsupported, Validate,
        "`<interface><coalesce>`: interrupt coalescing is set on the host's tap device",
        help "remove `<coalesce>`, or use `type='network'` or `type='bridge'`";
}

/// Interrupt coalescing of the host's tap device.
pub(super) fn check(nic: &Interface, out: &mut Findings<'_>) {
    let kind = nic.kind();
    if nic.coalesce.is_some() && !matches!(kind, InterfaceType::Network | InterfaceType::Bridge) {
        let message = format!("`<coalesce>` is not supported for interface type `{kind}`");
        out.refuse(&COALESCE_TYPE, nic.info.pos.path("coalesce"), message);
    }
}
