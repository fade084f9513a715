//! `<timer name='tsc' frequency=>`: the frequency of the guest's time-stamp counter on this host.

use virtargv_caps::Release;
use virtargv_host::{Host, Tsc};
use virtargv_model::clock::TimerName;
use virtargv_model::{Domain, Problem};

/// How far the guest's frequency may be from the host's without scaling, in parts per million. KVM accepts the same
/// (`tsc_tolerance_ppm` of its kernel module).
const TOLERANCE_PPM: u64 = 250;

/// Checks the frequency that the document asks for, where the host's is known.
pub(crate) fn check_tsc(domain: &Domain, host: &dyn Host, release: Release) -> Result<(), Problem> {
    let asked = domain.clock.timers.iter().find_map(|timer| {
        let frequency = timer.frequency.filter(|_| timer.name == TimerName::Tsc)?;
        Some((timer, frequency))
    });
    let Some((timer, asked)) = asked else { return Ok(()) };
    let Ok(tsc) = host.cpu().tsc() else { return Ok(()) };
    let (least, most) = range(tsc);
    if tsc.scaling || (least..=most).contains(&asked) {
        return Ok(());
    }
    let message = format!(
        "the TSC frequency `{asked}` Hz is not between `{least}` and `{most}` Hz: the host's is `{}` Hz, and its CPU \
         cannot scale it",
        tsc.frequency
    );
    Err(crate::rules::CLOCK_TSC_FREQUENCY.problem(release, timer.pos.attr("frequency"), message))
}

/// The lowest and the highest frequency that a guest can have without scaling, in Hz.
fn range(tsc: Tsc) -> (u64, u64) {
    let tolerance = tsc.frequency.saturating_mul(TOLERANCE_PPM) / 1_000_000;
    (tsc.frequency.saturating_sub(tolerance), tsc.frequency.saturating_add(tolerance))
}
