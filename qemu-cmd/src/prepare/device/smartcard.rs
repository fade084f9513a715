//! `<smartcard>`: the host side of a card that is passed through.

use virtargv_model::Problem;
use virtargv_model::device::smartcard::{Card, Smartcard};

use super::Device;
use super::chardev_source::CharBackend;
use crate::prepare::context::Prepare;

/// The host side, where the card is passed through.
pub(crate) fn prepare(
    cx: &mut Prepare<'_>,
    smartcard: Device<'_, Smartcard>,
) -> Result<Option<CharBackend>, Problem> {
    match &smartcard.card {
        Card::Passthrough(source) => CharBackend::of(cx, source, smartcard.alias).map(Some),
        Card::Host | Card::HostCertificates { .. } => Ok(None),
    }
}
