//! `<smartcard>`.

use virtargv_model::device::smartcard::{Card, Smartcard};

use super::address;
use super::chardev_source::Chardev;
use crate::Props;
use crate::emit::context::Emit;
use crate::needs::Role;
use crate::prepare::device::Device;
use crate::prepare::device::chardev_source::CharBackend;
use crate::text::text;

/// The default of `<database>`, a directory of certificates.
const DEFAULT_DATABASE: &str = "/etc/pki/nssdb";

/// Emits `<smartcard>`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for smartcard in e.prepared.smartcards() {
        e.at(smartcard);
        let props = device(e, smartcard);
        e.device(props);
    }
}

fn device(e: &mut Emit<'_>, smartcard: Device<'_, Smartcard, Option<CharBackend>>) -> Props {
    let mut props = match (&smartcard.card, smartcard.facts) {
        (Card::HostCertificates { certificates, database }, _) => {
            let mut props = Props::new("driver", "ccid-card-emulated").with("backend", "certificates");
            for (n, certificate) in (1usize..).zip(certificates) {
                props.set(text!("cert", n), certificate);
            }
            let database = database.as_deref().unwrap_or(DEFAULT_DATABASE);
            e.need_path(database, Role::Certificates);
            props.with("db", database.to_owned())
        }
        (_, Some(backend)) => {
            let chardev = Chardev::new(backend, smartcard.alias).spice_channel("smartcard").emit(e);
            Props::new("driver", "ccid-card-passthru").with("chardev", chardev)
        }
        (Card::Host | Card::Passthrough(_), None) => {
            Props::new("driver", "ccid-card-emulated").with("backend", "nss-emulated")
        }
    };
    props.set("id", smartcard.alias);
    address::add(&mut props, e, smartcard.address);
    props
}
