//! `<graphics>`: what the document left open.

use virtargv_model::device::graphics::{Display, ListenType};

use crate::Work;

/// Turns SPICE that has an address but no port, and does not want one chosen, into SPICE that listens nowhere.
pub(crate) fn apply(work: &mut Work<'_>) {
    for graphics in &mut work.domain.devices.graphics {
        if let Display::Spice(spice) = &mut graphics.display
            && !spice.autoport
            && (spice.port, spice.tls_port) == (0, 0)
            && let Some(listen) = spice.listens.first_mut()
            && listen.kind == ListenType::Address
        {
            listen.kind = ListenType::None;
            listen.address = None;
        }
    }
}
