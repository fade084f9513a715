//! `<rng>`: its backend and its rate.

use virtargv_model::Problem;
use virtargv_model::device::rng::{Rng, RngBackend as Backend};
use virtargv_model::read::ELEMENT_VALUE;

use super::Device;
use super::chardev_source::CharBackend;
use crate::prepare::context::{Prepare, broken};
use crate::text::Text;

/// The default of `<rate period=>`, in milliseconds. `max-bytes=` needs `period=`.
const PERIOD: u32 = 1000;

/// A prepared random number generator.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Its source of random data.
    pub backend: RngBackend,
    /// The limit of its rate; `None` if there is none.
    pub rate: Option<Rate>,
}

/// The source of random data.
#[derive(Debug)]
pub(crate) enum RngBackend {
    /// The device of the host with this path.
    Random(Text),
    /// An entropy daemon that speaks the EGD protocol.
    Egd(Box<CharBackend>),
    /// The `getrandom` call, made by QEMU.
    Builtin,
}

/// The limit of a rate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// The most bytes in each period.
    pub bytes: u32,
    /// The period in milliseconds.
    pub period: u32,
}

/// Prepares an `<rng>`.
pub(crate) fn prepare(cx: &mut Prepare<'_>, rng: Device<'_, Rng>) -> Result<Facts, Problem> {
    let backend = match &rng.backend {
        Backend::Random { path } => RngBackend::Random(path.as_ref().map(Text::from).ok_or_else(|| {
            let message = "`<backend>` of model `random` has no text, the path of the host's device";
            broken(cx.release(), &ELEMENT_VALUE, rng.info.pos.path("backend"), message)
        })?),
        Backend::Egd(source) => RngBackend::Egd(Box::new(CharBackend::of(cx, source, rng.alias)?)),
        Backend::Builtin => RngBackend::Builtin,
    };
    let given = |number: Option<u32>| number.filter(|n| *n > 0);
    let rate =
        given(rng.rate_bytes).map(|bytes| Rate { bytes, period: given(rng.rate_period).unwrap_or(PERIOD) });
    Ok(Facts { backend, rate })
}
