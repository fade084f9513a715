//! Rules on `<listen>` of `<graphics>`.

use virtargv_model::device::graphics::{Graphics, GraphicsType, ListenType};

use crate::Findings;

virtargv_model::rules! {
    /// A `<listen>` of type `network` names a network.
    LISTEN_NETWORK = "graphics-listen-network": Xml, Validate,
        "`<graphics><listen type='network' network=>`: libvirt listens on the address of the network's bridge",
        help "add `network=`, or use `type='address'`";
    /// An RDP display listens on an address.
    LISTEN_TYPE = "graphics-listen-type": Unsupported, Validate,
        "`<graphics type='rdp'><listen>`: `qemu-rdp` serves TCP only",
        help "use `<listen type='address'>` or `type='network'`";
}

/// Checks where a display listens.
pub(super) fn check(graphics: &Graphics, out: &mut Findings<'_>) {
    let rdp = graphics.kind() == GraphicsType::Rdp;
    for listen in graphics.listens() {
        match listen.kind {
            ListenType::Network if listen.network.is_none() => {
                let message = "`<listen>` of type `network` has no `network=`";
                out.refuse(&LISTEN_NETWORK, listen.pos, message);
            }
            ListenType::Socket | ListenType::None if rdp => {
                let message = format!(
                    "`<listen>` of type `{}` is not supported for graphics of type `rdp`",
                    listen.kind
                );
                out.refuse(&LISTEN_TYPE, listen.pos.path("@type"), message);
            }
            _ => {}
        }
    }
}
