//! Rules on `<iothreadids>` and `<cputune>`.

pub mod cputune;
pub mod iothreads;
pub mod resctrl;

use crate::{Context, Findings};

/// Checks I/O threads and CPU tuning against the rules of the submodules.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let tune = &cx.domain.tune;
    iothreads::check(cx, &tune.iothreads, out);
    resctrl::check(cx, &tune.cpu, out);
    cputune::check(&tune.cpu, out);
}
