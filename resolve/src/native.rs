//! The interfaces of a command line that is to be read only.

use virtargv_host::Request;
use virtargv_model::device::net::{Interface, Source};
use virtargv_model::{Domain, Report};

use crate::{Guest, Work, address};

/// Replaces every interface of a completed domain with one of type `ethernet` that has its MAC address, model and script and
/// no more, as `virsh domxml-to-native` does, and assigns addresses to them anew, after all others.
pub fn strip_interfaces(
    mut domain: Box<Domain>,
    guest: &Guest,
    request: &Request<'_>,
    report: &mut Report,
) -> Box<Domain> {
    for interface in &mut domain.devices.interfaces {
        let mut stripped = Interface {
            source: Source::Ethernet,
            mac: interface.mac.take(),
            model: interface.model.take(),
            script: interface.script.take(),
            ..Interface::default()
        };
        stripped.info.pos = interface.info.pos;
        *interface = stripped;
    }
    let mut work = Work {
        domain,
        guest: guest.clone(),
        caps: request.caps,
        host: request.host,
        release: request.release(),
        options: request.read,
        for_reader: true,
        report,
    };
    address::assign(&mut work);
    work.domain
}
