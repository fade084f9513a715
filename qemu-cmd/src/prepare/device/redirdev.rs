//! `<redirdev>`: its backend.

use virtargv_model::Problem;
use virtargv_model::device::redirdev::Redirdev;

use super::Device;
use super::chardev_source::CharBackend;
use crate::prepare::context::Prepare;

/// Prepares a `<redirdev>`: its backend.
pub(crate) fn prepare(cx: &mut Prepare<'_>, redirdev: Device<'_, Redirdev>) -> Result<CharBackend, Problem> {
    CharBackend::of(cx, &redirdev.source, redirdev.alias)
}
