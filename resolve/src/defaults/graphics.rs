//! `<graphics>`: what the document left open.

use virtargv_model::device::graphics::{Display, ListenType};

use crate::Work;

/// Completes every `<graphics>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    forget_own_sockets(work);
    silence_spice(work);
}

/// A socket of VNC in the driver's own folder is one that was generated, and is not kept: it comes from when the
/// driver's setting for it was on.
fn forget_own_sockets(work: &mut Work<'_>) {
    let lib_dir = &work.host.config().lib_dir;
    for graphics in &mut work.domain.devices.graphics {
        let Display::Vnc(vnc) = &mut graphics.display else { continue };
        for listen in &mut vnc.listens {
            if listen.socket.as_ref().is_some_and(|socket| socket.starts_with(lib_dir)) {
                listen.socket = None;
                listen.kind = ListenType::Address;
            }
        }
    }
}

/// Turns SPICE that has an address but no port, and does not want one chosen, into SPICE that listens nowhere.
fn silence_spice(work: &mut Work<'_>) {
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
