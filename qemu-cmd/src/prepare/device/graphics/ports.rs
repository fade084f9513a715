//! TCP ports of displays that are chosen at the start (`autoport`, `websocket='-1'`).

use std::collections::BTreeSet;

use virtargv_host::PortPurpose;
use virtargv_model::device::graphics::{Display, Graphics};
use virtargv_model::{Domain, Problem};

use crate::prepare::context::Prepare;

/// The ports that displays of the domain have.
pub(super) struct Ports(BTreeSet<u16>);

impl Ports {
    /// The ports that the document gives.
    pub fn of(domain: &Domain) -> Self {
        let mut given = Vec::new();
        for graphics in &domain.devices.graphics {
            match &graphics.display {
                Display::Vnc(vnc) => {
                    given.extend(Some(vnc.port).filter(|_| !vnc.autoport));
                    given.extend(vnc.websocket);
                }
                Display::Spice(spice) if !spice.autoport => given.extend([spice.port, spice.tls_port]),
                _ => {}
            }
        }
        Self(given.into_iter().filter_map(|port| u16::try_from(port).ok()).collect())
    }

    /// The first port for `purpose` within the driver's limits that no display of the domain has and that is free on
    /// the host. A host that does not know counts as one where it is free.
    pub fn next(
        &mut self,
        cx: &Prepare<'_>,
        graphics: &Graphics,
        purpose: PortPurpose,
    ) -> Result<u16, Problem> {
        if cx.is_for_reader() {
            return Ok(shown(purpose));
        }
        let (settings, machine) = (cx.settings(), cx.host.machine());
        let (first, last) = match purpose {
            PortPurpose::VncWebsocket => settings.remote_websocket_ports,
            PortPurpose::Vnc | PortPurpose::Spice | PortPurpose::SpiceTls => settings.remote_display_ports,
        };
        let is_free = |port: &u16| machine.port_is_free(*port, purpose) != Ok(false);
        let port = (first..=last).find(|port| !self.0.contains(port) && is_free(port)).ok_or_else(|| {
            let message = format!(
                "no TCP port from `{first}` to `{last}` is free for the display of type `{}`",
                graphics.kind()
            );
            crate::rules::GRAPHICS_PORT.problem(cx.release(), graphics.info.pos, message)
        })?;
        self.0.insert(port);
        Ok(port)
    }
}

/// The port in a command line that is to be read: `virsh domxml-to-native` looks for none.
fn shown(purpose: PortPurpose) -> u16 {
    match purpose {
        PortPurpose::Vnc => 5900,
        PortPurpose::Spice => 5901,
        PortPurpose::SpiceTls => 5902,
        PortPurpose::VncWebsocket => 5700,
    }
}
