//! Defaults of `<graphics>`.

use virtargv_model::device::graphics::{Display, ListenType};

use crate::Work;

/// Completes every `<graphics>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    drop_generated_sockets(work);
    disable_spice_without_port(work);
}

/// Removes VNC sockets in the driver's directory: they were generated while the driver's setting `vnc_auto_unix_socket`
/// was on.
fn drop_generated_sockets(work: &mut Work<'_>) {
    let lib_dir = &work.host.config().lib_dir;
    for graphics in &mut work.domain.devices.graphics {
        let Display::Vnc(vnc) = &mut graphics.display else { continue };
        for listen in vnc.listens.iter_mut() {
            if listen.socket.as_ref().is_some_and(|socket| socket.starts_with(lib_dir)) {
                listen.socket = None;
                listen.kind = ListenType::Address;
            }
        }
    }
}

/// Sets the listen type of SPICE to `none` where it has an address but no port and no automatic port.
fn disable_spice_without_port(work: &mut Work<'_>) {
    for graphics in &mut work.domain.devices.graphics {
        if let Display::Spice(spice) = &mut graphics.display
            && !spice.autoport
            && (spice.port, spice.tls_port) == (0, 0)
            && spice.listens.first.kind == ListenType::Address
        {
            let listen = &mut spice.listens.first;
            listen.kind = ListenType::None;
            listen.address = None;
        }
    }
}
