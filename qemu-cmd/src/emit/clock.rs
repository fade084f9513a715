//! `-rtc` and timers.

use virtargv_caps::{Cap, Convention};
use virtargv_model::YesNo;
use virtargv_model::clock::{Offset, TickPolicy, Timer, TimerName, TimerTrack};

use super::context::Emit;
use crate::Props;

/// Emits `-rtc`, and `<timer>` elements that have options.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let clock = &e.domain().clock;
    let mut props = Props::object().with("base", e.prepared.rtc_base.clone());
    if let Some(rtc) = clock.timer(TimerName::Rtc) {
        let track = rtc.track.and_then(|track| match track {
            TimerTrack::Guest => Some("vm"),
            TimerTrack::Wall => Some("host"),
            TimerTrack::Realtime => Some("rt"),
            TimerTrack::Boot => None,
        });
        props.set_opt("clock", track);
        props.set_opt("driftfix", (rtc.tick_policy == Some(TickPolicy::Catchup)).then_some("slew"));
    }
    match e.domain().clock.pos.offset() {
        Some(_) => e.at_element("clock"),
        None => e.at_implied("the default of <clock> is UTC"),
    }
    e.pairs("-rtc", props);
    if let Offset::Timezone(Some(zone)) = &clock.offset {
        e.env("TZ", zone);
    }
    for (index, timer) in clock.timers.iter().enumerate() {
        e.at_numbered("clock/timer", index, timer.pos);
        self::timer(e, timer);
    }
}

fn timer(e: &mut Emit<'_>, timer: &Timer) {
    match timer.name {
        TimerName::Pit if e.has(Cap::KvmPitTickPolicy) => {
            let policy = match timer.tick_policy {
                // By default KVM's in-kernel PIT reinjects lost ticks.
                None | Some(TickPolicy::Delay) => "delay",
                Some(TickPolicy::Discard) => "discard",
                Some(TickPolicy::Catchup | TickPolicy::Merge) => return,
            };
            e.global("kvm-pit.lost_tick_policy", policy);
        }
        TimerName::Hpet => {
            let absent = timer.present == Some(YesNo::No);
            let x86 = e.guest().arch.is_x86() || !e.release().has(Convention::PcTimersByArch);
            if absent && !e.has(Cap::MachineHpet) && e.has(Cap::NoHpet) && x86 {
                e.flag("-no-hpet");
            }
        }
        _ => {}
    }
}
