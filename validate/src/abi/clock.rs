//! `<clock>`.

use virtargv_model::Domain;
use virtargv_model::clock::{Timer, TimerName};

use super::compared::{At, Out, Row, Value, key, row};

virtargv_model::rules! {
    /// The guest keeps the number of its timers.
    COUNT = "abi-timer-count": Unsupported, Validate,
        "`<clock><timer>`",
        help "give the target the timers of the source, in the same order";
    /// The timers keep their order.
    NAME = "abi-timer-name": Unsupported, Validate,
        "`<timer name=>`: libvirt compares the timers one by one, in the order of the document",
        help "list the timers in the order of the source";
    /// A timer stays present or absent.
    PRESENT = "abi-timer-present": Unsupported, Validate,
        "`<timer present=>`: whether the guest has the timer",
        help "set `present=` as in the source";
    /// The time stamp counter keeps its frequency.
    FREQUENCY = "abi-timer-frequency": Unsupported, Validate,
        "`<timer name='tsc' frequency=>`: `tsc-frequency=` of `-cpu`",
        help "set `frequency=` as in the source";
}

const ROWS: &[Row<Timer>] = &[
    key(&NAME, "@name", |timer| Value::word(Some(timer.name))),
    row(&PRESENT, "@present", |timer| Value::word(timer.present)),
];

/// What is compared of the time stamp counter.
const TSC: &[Row<Timer>] = &[row(&FREQUENCY, "@frequency", |timer| Value::or_zero(timer.frequency))];

/// Compares the timers.
pub(super) fn compare(source: &Domain, target: &Domain, out: &mut Out) {
    let (source, target) = (&source.clock, &target.clock);
    let whole = At::of("clock", source.pos, target.pos);
    if !out.counts(&COUNT, &whole, "<timer>", source.timers.len(), target.timers.len()) {
        return;
    }
    for (before, after) in source.timers.iter().zip(&target.timers) {
        let name = Some(after.name.to_string());
        let at = At { element: "timer", name, source: before.pos, target: after.pos };
        if out.rows(&at, ROWS, before, after) && after.name == TimerName::Tsc {
            out.rows(&at, TSC, before, after);
        }
    }
}
