//! `<smartcard>`.

use virtargv_model::device::smartcard::Smartcard;

use super::address;
use super::chardev_source::Chardev;
use crate::Props;
use crate::emit::context::Emit;
use crate::needs::Role;
use crate::prepare::device::Device;
use crate::prepare::device::smartcard::Card;
use crate::text::text;

/// Emits `<smartcard>`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for smartcard in e.prepared.smartcards() {
        e.at(smartcard);
        let props = device(e, smartcard);
        e.device(props);
    }
}

fn device(e: &mut Emit<'_>, smartcard: Device<'_, Smartcard, Card>) -> Props {
    let mut props = match smartcard.facts {
        Card::Host => Props::new("driver", "ccid-card-emulated").with("backend", "nss-emulated"),
        Card::HostCertificates { certificates, database } => {
            let mut props = Props::new("driver", "ccid-card-emulated").with("backend", "certificates");
            for (n, certificate) in (1usize..).zip(certificates) {
                props.set(text!("cert", n), certificate.clone());
            }
            e.need_path(database, Role::Certificates);
            props.with("db", database.clone())
        }
        Card::Passthrough(backend) => {
            let chardev = Chardev::new(backend, smartcard.alias).spice_channel("smartcard").emit(e);
            Props::new("driver", "ccid-card-passthru").with("chardev", chardev)
        }
    };
    props.set("id", smartcard.alias);
    address::add(&mut props, e, smartcard.address);
    props
}
