//! `<redirdev>`: the host side.

use virtargv_model::Problem;
use virtargv_model::device::redirdev::Redirdev;

use super::Device;
use super::chardev_source::HostSide;
use crate::prepare::context::Prepare;

/// The host side.
pub(crate) fn settle(cx: &mut Prepare<'_>, redirdev: Device<'_, Redirdev>) -> Result<HostSide, Problem> {
    HostSide::of(cx, &redirdev.source, redirdev.alias)
}
