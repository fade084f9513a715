//! Defaults of `<rng>`.

use virtargv_model::device::rng::RngBackend;

use super::chardev::complete_source;
use crate::Work;

/// The default source of random data.
const DEFAULT_FILE: &str = "/dev/random";

/// Fills in every `<rng>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    let live = work.options.live;
    for rng in &mut work.domain.devices.rngs {
        match &mut rng.backend {
            RngBackend::Random { path } => {
                path.get_or_insert_with(|| DEFAULT_FILE.to_owned());
            }
            RngBackend::Egd(source) => complete_source(source, live),
            RngBackend::Builtin => {}
        }
    }
}
