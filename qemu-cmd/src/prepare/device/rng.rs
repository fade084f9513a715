//! `<rng>`: its backend.

use virtargv_model::Problem;
use virtargv_model::device::rng::{Rng, RngBackend};

use super::Device;
use super::chardev_source::CharBackend;
use crate::prepare::context::Prepare;

/// Prepares an `<rng>`: the character device of an `egd` backend; `None` for other backends.
pub(crate) fn prepare(cx: &mut Prepare<'_>, rng: Device<'_, Rng>) -> Result<Option<CharBackend>, Problem> {
    match &rng.backend {
        RngBackend::Egd(source) => CharBackend::of(cx, source, rng.alias).map(Some),
        RngBackend::Random { .. } | RngBackend::Builtin => Ok(None),
    }
}
