//! `<smartcard>`: the backend of mode `passthrough`.

use virtargv_model::Problem;
use virtargv_model::device::smartcard::{Card, Smartcard};

use super::Device;
use super::chardev_source::CharBackend;
use crate::prepare::context::Prepare;

/// Prepares a `<smartcard>`: the backend of mode `passthrough`; `None` for other modes.
pub(crate) fn prepare(
    cx: &mut Prepare<'_>,
    smartcard: Device<'_, Smartcard>,
) -> Result<Option<CharBackend>, Problem> {
    match &smartcard.card {
        Card::Passthrough(source) => CharBackend::of(cx, source, smartcard.alias).map(Some),
        Card::Host | Card::HostCertificates { .. } => Ok(None),
    }
}
