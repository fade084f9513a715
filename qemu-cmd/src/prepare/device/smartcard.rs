//! `<smartcard>`: the host side of a card that is passed through.

use virtargv_model::Problem;
use virtargv_model::device::smartcard::{Card, Smartcard};

use super::Device;
use super::chardev_source::HostSide;
use crate::prepare::context::Prepare;

/// The host side, where the card is passed through.
pub(crate) fn settle(
    cx: &mut Prepare<'_>,
    smartcard: Device<'_, Smartcard>,
) -> Result<Option<HostSide>, Problem> {
    match &smartcard.card {
        Card::Passthrough(source) => HostSide::of(cx, source, smartcard.alias).map(Some),
        Card::Host | Card::HostCertificates { .. } => Ok(None),
    }
}
