//! `<redirdev>`: the host side.

use virtargv_model::Problem;
use virtargv_model::device::redirdev::Redirdev;

use super::Device;
use super::chardev_source::CharBackend;
use crate::prepare::context::Prepare;

/// The host side.
pub(crate) fn prepare(cx: &mut Prepare<'_>, redirdev: Device<'_, Redirdev>) -> Result<CharBackend, Problem> {
    CharBackend::of(cx, &redirdev.source, redirdev.alias)
}
