//! Rules on `<teaming>` of `<interface>`. Those on `<teaming>` of `<hostdev>` are with the other rules on host devices.

use virtargv_caps::Cap;
use virtargv_model::device::net::{Interface, InterfaceType, TeamingType};
use virtargv_model::{Edit, Message};

use super::actual::Actual;
use super::model;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// Teaming needs a QEMU whose `virtio-net` has failover.
    TEAMING = "net-teaming": Unsupported, Validate,
        "`<interface><teaming>`: `failover=` of `virtio-net`, new in QEMU 4.2",
        help "remove `<teaming>`, or use QEMU 4.2 or later";
    /// The model of a persistent teaming interface is `virtio`.
    TEAMING_PERSISTENT_MODEL = "net-teaming-persistent-model": Unsupported, Validate,
        "`<interface><teaming type='persistent'/>`: `failover=` is a property of `virtio-net` alone",
        help "add `<model type='virtio'/>` to the interface";
    /// A transient teaming interface must be a host device.
    TEAMING_TRANSIENT_TYPE = "net-teaming-transient-type": Unsupported, Validate,
        "`<interface><teaming type='transient'/>`: `failover_pair_id=` is a property of `vfio-pci`",
        help "use `type='hostdev'`, or `type='network'` with a network that hands out host devices";
    /// A transient teaming interface names its persistent interface.
    TEAMING_PAIR = "net-teaming-pair": Unsupported, Validate,
        "`<teaming type='transient' persistent=>`: `failover_pair_id=` of the QEMU device",
        help "add `persistent=` with the alias of the persistent interface";
    /// A persistent teaming interface has no `persistent=`.
    TEAMING_PAIR_EXTRA = "net-teaming-pair-extra": Unsupported, Validate,
        "`<interface><teaming type='persistent'/>`: `persistent=` is the attribute by which the transient interface names the persistent one",
        help "remove `persistent=`, and set it on the interface with `<teaming type='transient'>`";
    /// The network of a transient teaming interface must hand out host devices.
    ACTUAL_TEAMING = "net-actual-teaming": Unsupported, Build,
        "`<interface type='network'><teaming type='transient'/>`: `failover_pair_id=` is a property of `vfio-pci`",
        help "name a network with `<forward mode='hostdev'>`";
}

/// The flags and types that teaming needs (virtio failover).
pub(super) fn check(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    let kind = nic.kind();
    if let Some(teaming) = &nic.teaming {
        if !cx.has(Cap::VirtioNetFailover) {
            let message = "`<teaming>` needs feature `virtio-net.failover`, which this QEMU lacks";
            out.refuse(&TEAMING, teaming.pos, message);
        }
        if teaming.kind == Some(TeamingType::Persistent) && !nic.is_virtio() {
            let message =
                format!("teaming type `persistent` needs interface model `virtio`, not `{}`", model(nic));
            let place = nic.info.pos.path("model/@type");
            let message = Message::new(message);
            let message = match &nic.model {
                Some(_) => message
                    .with_help("set `type='virtio'` in `<model>`")
                    .with_edit(Edit::value(place.clone(), "virtio")),
                None => message,
            };
            out.refuse(&TEAMING_PERSISTENT_MODEL, place, message);
        }
        if teaming.kind == Some(TeamingType::Transient)
            && !matches!(kind, InterfaceType::Hostdev | InterfaceType::Network)
        {
            let message = format!("teaming type `transient` needs interface type `hostdev`, not `{kind}`");
            out.refuse(&TEAMING_TRANSIENT_TYPE, nic.info.pos.path("@type"), message);
        }
    }
}

/// Checks that of a teaming pair the transient interface names the other, and the persistent one none.
pub(super) fn check_pair(nic: &Interface, out: &mut Findings<'_>) {
    let Some(teaming) = &nic.teaming else { return };
    match (teaming.kind, &teaming.persistent) {
        (Some(TeamingType::Transient), None) => {
            let message = "`<teaming>` of type `transient` has no `persistent=`, the alias of \
                           the interface it is paired with";
            out.refuse(&TEAMING_PAIR, teaming.pos.path("@persistent"), message);
        }
        (Some(TeamingType::Persistent), Some(partner)) => {
            let message = format!(
                "`<teaming>` of type `persistent` has `persistent` (`{partner}`), which is for type \
                 `transient`"
            );
            out.refuse(&TEAMING_PAIR_EXTRA, teaming.pos.path("@persistent"), message);
        }
        _ => {}
    }
}

/// Checks that the network of a transient teaming interface has handed out a host device.
pub(super) fn check_actual(actual: &Actual<'_>, out: &mut Findings<'_>) {
    let Actual { nic, kind, name, .. } = actual;
    if nic.kind() == InterfaceType::Network
        && nic.teaming_type() == Some(TeamingType::Transient)
        && *kind != InterfaceType::Hostdev
    {
        let message = format!(
            "teaming type `transient` of interface `{name}` needs a network that hands out host devices, this one connects it as type `{kind}`"
        );
        out.refuse(&ACTUAL_TEAMING, nic.info.pos.path("teaming"), message);
    }
}
