//! `<smartcard>`: the card.

use virtargv_model::Problem;
use virtargv_model::device::smartcard::{Card as Given, Smartcard};

use super::Device;
use super::chardev_source::CharBackend;
use crate::prepare::context::Prepare;
use crate::text::Text;

/// The default of `<database>`, a directory of certificates.
const DATABASE: &str = "/etc/pki/nssdb";

/// A prepared smartcard.
#[derive(Debug)]
pub(crate) enum Card {
    /// A physical card of the host.
    Host,
    /// A card that QEMU emulates with certificates of the host.
    HostCertificates {
        /// The names of the certificates.
        certificates: Vec<Text>,
        /// The directory of the NSS database.
        database: Text,
    },
    /// A card behind this character device.
    Passthrough(Box<CharBackend>),
}

/// Prepares a `<smartcard>`.
pub(crate) fn prepare(cx: &mut Prepare<'_>, smartcard: Device<'_, Smartcard>) -> Result<Card, Problem> {
    Ok(match &smartcard.card {
        Given::Host => Card::Host,
        Given::HostCertificates { certificates, database } => Card::HostCertificates {
            certificates: certificates.iter().map(Text::from).collect(),
            database: database.as_ref().map_or(DATABASE.into(), Text::from),
        },
        Given::Passthrough(source) => {
            Card::Passthrough(Box::new(CharBackend::of(cx, source, smartcard.alias)?))
        }
    })
}
