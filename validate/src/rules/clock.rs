//! Rules on `<clock>`.

use virtargv_caps::{Accel, Cap, Convention};
use virtargv_model::clock::{Offset, TickPolicy, Timer, TimerName, TimerTrack};
use virtargv_model::{VirtType, YesNo};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A timer has only what such a timer can have.
    TIMER_PARTS = "clock-timer-parts": Unsupported, Complete, "`<timer>`: frequency and mode are of `tsc`, track of `rtc`";
    /// Ticks are caught up only where that is the policy.
    CATCHUP = "clock-timer-catchup": Xml, Complete, "`<timer tickpolicy='catchup'>`";
    /// QEMU has the timer.
    TIMER = "clock-timer": Unsupported, Validate, "`<timer name=>`";
    /// A timer is one of the guest's machine.
    TIMER_MACHINE = "clock-timer-machine": Unsupported, Validate, "`<timer name=>`";
    /// QEMU's real time clock follows what is asked for.
    RTC_TRACK = "clock-rtc-track": Unsupported, Validate, "`-rtc clock=`";
    /// A timer treats missed ticks as is asked for.
    TICK_POLICY = "clock-timer-tickpolicy": Unsupported, Validate, "`-rtc driftfix=`, `kvm-pit.lost_tick_policy`";
    /// The high precision event timer can be had.
    HPET = "clock-hpet": Unsupported, Validate, "`-no-hpet`";
    /// A clock starts before the year 10000.
    ABSOLUTE = "clock-absolute": Unsupported, Validate, "`-rtc base=` takes a year of four digits";
    /// Arm's virtual timer is always there.
    VTIMER_PRESENT = "clock-armvtimer-present": Unsupported, Validate, "the timer is a part of the CPU";
    /// Arm's virtual timer can be told to lose ticks.
    VTIMER_SUPPORT = "clock-armvtimer-support": Unsupported, Validate, "the CPU property `kvm-no-adjvtime`";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for timer in &cx.domain.clock.timers {
        parts(timer, out);
        match timer.name {
            TimerName::Platform => {
                let message = format!("QEMU has no timer '{}'", timer.name);
                out.refuse(&TIMER, timer.pos.attr("name"), message);
            }
            TimerName::Tsc | TimerName::KvmClock | TimerName::HypervClock => {
                if !cx.guest.arch.is_x86() && timer.present == Some(YesNo::Yes) {
                    foreign(cx, timer, out);
                }
            }
            TimerName::Rtc => rtc(timer, out),
            TimerName::Pit => pit(cx, timer, out),
            TimerName::Hpet => {
                let by_arch = cx.release.has(Convention::PcTimersByArch);
                let has = if by_arch { cx.guest.arch.is_x86() } else { cx.has(Cap::NoHpet) };
                if timer.present == Some(YesNo::Yes) && !has {
                    let message = "this guest has no timer 'hpet', but it has present='yes'";
                    out.refuse(&HPET, timer.pos.attr("present"), message);
                }
            }
            TimerName::ArmVtimer => arm_vtimer(cx, timer, out),
        }
    }
    absolute(cx, out);
}

/// What belongs to some timers only.
fn parts(timer: &Timer, out: &mut Findings<'_>) {
    let tsc = timer.name == TimerName::Tsc;
    let tracked = matches!(timer.name, TimerName::Platform | TimerName::Rtc);
    let ticks = !matches!(timer.name, TimerName::KvmClock | TimerName::HypervClock);
    let parts = [
        ("tickpolicy", timer.tick_policy.is_some() && !ticks),
        ("frequency", timer.frequency.is_some() && !tsc),
        ("mode", timer.mode.is_some() && !tsc),
        ("track", timer.track.is_some() && !tracked),
    ];
    for (attribute, _) in parts.into_iter().filter(|(_, wrong)| *wrong) {
        let message = format!("the timer '{}' has no attribute '{attribute}'", timer.name);
        out.refuse(&TIMER_PARTS, timer.pos.attr(attribute), message);
    }
    if timer.catchup.is_some() && timer.tick_policy != Some(TickPolicy::Catchup) {
        let message = format!("the timer '{}' has a 'catchup', but no tickpolicy='catchup'", timer.name);
        out.refuse(&CATCHUP, timer.pos.path("catchup"), message);
    }
}

fn foreign(cx: &Context<'_>, timer: &Timer, out: &mut Findings<'_>) {
    let virt = cx.domain.virt_type.unwrap_or(VirtType::Qemu);
    let message = format!(
        "the timer '{}' cannot be set for a guest of type '{virt}', architecture '{}', machine '{}'",
        timer.name, cx.guest.arch, cx.guest.machine
    );
    out.refuse(&TIMER_MACHINE, timer.pos, message);
}

fn refuse_policy(timer: &Timer, policy: TickPolicy, out: &mut Findings<'_>) {
    let message = format!("the timer '{}' cannot have tickpolicy='{policy}'", timer.name);
    out.refuse(&TICK_POLICY, timer.pos.attr("tickpolicy"), message);
}

fn rtc(timer: &Timer, out: &mut Findings<'_>) {
    if timer.track == Some(TimerTrack::Boot) {
        let message = format!("the timer 'rtc' cannot have track='{}'", TimerTrack::Boot);
        out.refuse(&RTC_TRACK, timer.pos.attr("track"), message);
    }
    if let Some(policy @ (TickPolicy::Merge | TickPolicy::Discard)) = timer.tick_policy {
        refuse_policy(timer, policy, out);
    }
}

fn pit(cx: &Context<'_>, timer: &Timer, out: &mut Findings<'_>) {
    match timer.tick_policy {
        Some(policy @ TickPolicy::Merge) => refuse_policy(timer, policy, out),
        // What the kernel's timer does by itself, it cannot be told to do.
        Some(policy @ TickPolicy::Catchup) if !cx.has(Cap::KvmPitTickPolicy) => {
            refuse_policy(timer, policy, out);
        }
        _ => {}
    }
}

fn arm_vtimer(cx: &Context<'_>, timer: &Timer, out: &mut Findings<'_>) {
    if cx.guest.accel != Accel::Kvm || !cx.guest.is_arm_virt() {
        foreign(cx, timer, out);
    } else if timer.present == Some(YesNo::No) {
        out.refuse(&VTIMER_PRESENT, timer.pos.attr("present"), "the timer 'armvtimer' cannot be absent");
    } else if !cx.has(Cap::CpuKvmNoAdjvtime) {
        out.refuse(&VTIMER_SUPPORT, timer.pos, "this QEMU cannot set the timer 'armvtimer'");
    } else if let Some(policy @ (TickPolicy::Catchup | TickPolicy::Merge)) = timer.tick_policy {
        refuse_policy(timer, policy, out);
    }
}

/// The last second of the year 9999 is the last that has a date of the usual form.
const LAST_SECOND: u64 = 253_402_300_799;

fn absolute(cx: &Context<'_>, out: &mut Findings<'_>) {
    let clock = &cx.domain.clock;
    if let Offset::Absolute(start) = clock.offset
        && start > LAST_SECOND
    {
        let message =
            format!("attribute 'start' with offset 'absolute' is '{start}', the last is {LAST_SECOND}");
        out.refuse(&ABSOLUTE, clock.pos.attr("start"), message);
    }
}
