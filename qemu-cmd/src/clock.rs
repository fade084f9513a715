//! `-rtc`, timers.

use virtargv_caps::{Cap, Convention};
use virtargv_host::HostError;
use virtargv_model::clock::{Basis, Clock, Offset, TickPolicy, Timer, TimerName, TimerTrack};
use virtargv_model::{Kind, Problem, YesNo};

use crate::emit::{Done, Emit, problem};
use crate::{Props, Style};

/// Emits `-rtc` and the timers that have options of their own.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let clock = &e.domain().clock;
    let mut props = Props::object().with("base", base(e, clock)?);
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
    e.line.option("-rtc", props.to_pairs(Style::OnOff));
    if let Offset::Timezone(Some(zone)) = &clock.offset {
        e.line.env("TZ", zone);
    }
    for timer in &clock.timers {
        self::timer(e, timer);
    }
    Ok(())
}

fn timer(e: &mut Emit<'_>, timer: &Timer) {
    match timer.name {
        TimerName::Pit if e.has(Cap::KvmPitTickPolicy) => {
            let policy = match timer.tick_policy {
                // The kernel's own timer would catch up.
                None | Some(TickPolicy::Delay) => "delay",
                Some(TickPolicy::Discard) => "discard",
                Some(TickPolicy::Catchup | TickPolicy::Merge) => return,
            };
            e.line.option("-global", format!("kvm-pit.lost_tick_policy={policy}"));
        }
        TimerName::Hpet => {
            let absent = timer.present == Some(YesNo::No);
            let x86 = e.guest().arch.is_x86() || !e.release().has(Convention::PcTimersByArch);
            if absent && !e.has(Cap::MachineHpet) && e.has(Cap::NoHpet) && x86 {
                e.line.arg("-no-hpet");
            }
        }
        _ => {}
    }
}

/// What the guest's clock starts with.
fn base(e: &Emit<'_>, clock: &Clock) -> Result<String, Problem> {
    let unknown = |error: HostError| {
        let message = format!("offset 'variable' of element 'clock' has no time to count from: {error}");
        problem(Kind::Internal, "clock-time", clock.pos, message)
    };
    Ok(match &clock.offset {
        Offset::Utc { .. } => "utc".into(),
        Offset::LocalTime { .. } | Offset::Timezone(_) => "localtime".into(),
        Offset::Variable { adjustment, basis } => {
            let machine = e.host.machine();
            let local = if *basis == Basis::LocalTime { machine.utc_offset() } else { Ok(0) };
            let (now, local) = (machine.now().map_err(unknown)?, local.map_err(unknown)?);
            date(now.saturating_add(*adjustment).saturating_add(local))
        }
        Offset::Absolute(start) => date(i64::try_from(*start).unwrap_or(i64::MAX)),
    })
}

/// Seconds since 1970 as a date and time in the proleptic Gregorian calendar.
fn date(seconds: i64) -> String {
    let (days, time) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Years are counted from March, so that the leap day is the last of one; eras are 400 years.
    let shifted = i128::from(days) + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i128::from(month <= 2);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{year:04}-{month:02}-{day_of_month:02}T{hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00"),
            (1_234_567_890, "2009-02-13T23:31:30"),
            (951_782_400, "2000-02-29T00:00:00"),
            (-1, "1969-12-31T23:59:59"),
        ] {
            assert_eq!(date(seconds), expected);
        }
    }
}
