//! `<smartcard>`.

use virtargv_model::Problem;
use virtargv_model::device::smartcard::{Card, Smartcard};

use super::address;
use super::chardev_source::{self, HostEnd};
use crate::Props;
use crate::emit::{Done, Emit};
use crate::needs::Role;

/// Where the certificates are unless the document says otherwise.
const DEFAULT_DATABASE: &str = "/etc/pki/nssdb";

/// Emits `<smartcard>`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    for smartcard in &e.domain().devices.smartcards {
        let props = device(e, smartcard)?;
        e.device(&props);
    }
    Ok(())
}

fn device(e: &mut Emit<'_>, smartcard: &Smartcard) -> Result<Props, Problem> {
    let alias = smartcard.info.alias.as_deref().unwrap_or_default();
    let mut props = match &smartcard.card {
        Card::Host => Props::new("driver", "ccid-card-emulated").with("backend", "nss-emulated"),
        Card::HostCertificates { certificates, database } => {
            let mut props = Props::new("driver", "ccid-card-emulated").with("backend", "certificates");
            for (n, certificate) in certificates.iter().enumerate() {
                props.set(format!("cert{}", n + 1), certificate);
            }
            let database = database.as_deref().unwrap_or(DEFAULT_DATABASE);
            e.need_path(database, Role::Certificates);
            props.with("db", database)
        }
        Card::Passthrough(source) => {
            HostEnd::new(source, alias).spice_channel("smartcard").emit(e)?;
            Props::new("driver", "ccid-card-passthru").with("chardev", chardev_source::id(alias))
        }
    };
    props.set("id", alias);
    address::add_ccid(&mut props, e, &smartcard.info)?;
    Ok(props)
}
