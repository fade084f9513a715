//! The clocks of measurements.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The least processor time of `runs` calls: other load of the machine makes the time on the clock longer, the longer it is.
pub fn least(runs: usize, mut call: impl FnMut()) -> Duration {
    let timed = || {
        let start = now();
        call();
        now().saturating_sub(start)
    };
    std::iter::repeat_with(timed).take(runs.max(1)).min().unwrap_or_default()
}

/// The processor time of this thread.
fn now() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// The time on the clock, from some point on.
pub fn elapsed() -> Duration {
    read(ClockId::Monotonic)
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec), u64::try_from(time.tv_nsec));
    Duration::from_secs(seconds.unwrap_or_default()) + Duration::from_nanos(nanoseconds.unwrap_or_default())
}
