//! Rules on `<clock>`.

use virtargv_caps::{Accel, Cap, Convention};
use virtargv_model::clock::{Offset, TickPolicy, Timer, TimerName, TimerTrack};
use virtargv_model::{Message, VirtType, YesNo};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A timer has only the attributes of its kind.
    TIMER_PARTS = "clock-timer-parts": Unsupported, Complete,
        "`<clock><timer>`: `frequency=` and `mode=` are of `tsc`, `track=` of `rtc` and `platform`, `tickpolicy=` of all but `kvmclock` and `hypervclock`",
        help "remove the attribute";
    /// `<catchup>` needs tick policy `catchup`.
    CATCHUP = "clock-timer-catchup": Xml, Complete,
        "`<clock><timer tickpolicy='catchup'><catchup>`",
        help "set `tickpolicy='catchup'`, or remove `<catchup>`";
    /// A timer is one that QEMU has.
    TIMER = "clock-timer": Unsupported, Validate,
        "`<clock><timer name='platform'>` is a timer of Xen",
        help "remove the `<timer>`";
    /// A timer is one of the guest's architecture and machine type.
    TIMER_MACHINE = "clock-timer-machine": Unsupported, Validate,
        "`<clock><timer name=>`: `tsc`, `kvmclock` and `hypervclock` are of x86, `armvtimer` of Arm `virt` under KVM",
        help "remove the `<timer>`";
    /// The timer `rtc` does not track `boot`.
    RTC_TRACK = "clock-rtc-track": Unsupported, Validate,
        "`<timer name='rtc' track=>`: `-rtc clock=` is `vm`, `host` or `rt`",
        help "use `track='guest'` or `track='wall'`";
    /// The tick policy of a timer is one that QEMU has for it.
    TICK_POLICY = "clock-timer-tickpolicy": Unsupported, Validate,
        "`<timer tickpolicy=>`: `rtc` has `delay` and `catchup` (`-rtc driftfix=`), `pit` has `delay`, `discard` and, with `kvm-pit.lost_tick_policy`, `catchup`, `armvtimer` has `delay` and `discard`",
        help "use a policy of the timer, or remove `tickpolicy=`";
    /// The timer `hpet` needs a guest that has it.
    HPET = "clock-hpet": Unsupported, Validate,
        "`<timer name='hpet' present='yes'>`: QEMU has the HPET on x86",
        help "remove the `<timer>`, or set `present='no'`";
    /// An absolute clock starts before the year 10000.
    ABSOLUTE = "clock-absolute": Unsupported, Validate,
        "`<clock offset='absolute' start=>`: `-rtc base=` takes a year of four digits",
        help "set `start=` to 253402300799 or less";
    /// The timer `armvtimer` is always present.
    VTIMER_PRESENT = "clock-armvtimer-present": Unsupported, Validate,
        "`<timer name='armvtimer' present='no'>`: the timer is part of the CPU",
        help "remove `present='no'`";
    /// The timer `armvtimer` needs a QEMU that can set it.
    VTIMER_SUPPORT = "clock-armvtimer-support": Unsupported, Validate,
        "`<timer name='armvtimer'>`: the CPU property `kvm-no-adjvtime`",
        help "remove the `<timer>`, or use a QEMU that has it";
}

/// Checks `<clock>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for timer in &cx.domain.clock.timers {
        parts(timer, out);
        match timer.name {
            TimerName::Platform => {
                let message = format!("QEMU has no timer `{}`", timer.name);
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
                    let message = "the timer `hpet` with `present='yes'` is not supported for this guest";
                    out.refuse(&HPET, timer.pos.attr("present"), message);
                }
            }
            TimerName::ArmVtimer => arm_vtimer(cx, timer, out),
        }
    }
    absolute(cx, out);
}

/// Attributes that only some timers have.
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
        let message = format!("the timer `{}` has no `{attribute}`", timer.name);
        out.refuse(&TIMER_PARTS, timer.pos.attr(attribute), message);
    }
    if timer.catchup.is_some() && timer.tick_policy != Some(TickPolicy::Catchup) {
        let message = format!("`<catchup>` of the timer `{}` needs `tickpolicy='catchup'`", timer.name);
        out.refuse(&CATCHUP, timer.pos.path("catchup"), message);
    }
}

/// Reports a timer of another architecture or machine type.
fn foreign(cx: &Context<'_>, timer: &Timer, out: &mut Findings<'_>) {
    let virt = cx.domain.virt_type.unwrap_or(VirtType::Qemu);
    let message = format!(
        "the timer `{}` is not supported for domain type `{virt}`, architecture `{}`, machine type `{}`",
        timer.name, cx.guest.arch, cx.guest.machine
    );
    out.refuse(&TIMER_MACHINE, timer.pos.attr("name"), message);
}

fn refuse_policy(timer: &Timer, policy: TickPolicy, out: &mut Findings<'_>) {
    let message = format!("the timer `{}` does not support `tickpolicy='{policy}'`", timer.name);
    let allowed = match timer.name {
        TimerName::Rtc => "`delay` or `catchup`",
        TimerName::Pit => "`delay`, `discard` or `catchup`",
        _ => "`delay` or `discard`",
    };
    let message = Message::new(message).with_help(format!("use {allowed}, or remove `tickpolicy=`"));
    out.refuse(&TICK_POLICY, timer.pos.attr("tickpolicy"), message);
}

fn rtc(timer: &Timer, out: &mut Findings<'_>) {
    if timer.track == Some(TimerTrack::Boot) {
        let message = format!("the timer `rtc` does not support `track='{}'`", TimerTrack::Boot);
        out.refuse(&RTC_TRACK, timer.pos.attr("track"), message);
    }
    if let Some(policy @ (TickPolicy::Merge | TickPolicy::Discard)) = timer.tick_policy {
        refuse_policy(timer, policy, out);
    }
}

fn pit(cx: &Context<'_>, timer: &Timer, out: &mut Findings<'_>) {
    match timer.tick_policy {
        Some(policy @ TickPolicy::Merge) => refuse_policy(timer, policy, out),
        // Catching up is the property `lost_tick_policy` of `kvm-pit`.
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
        out.refuse(&VTIMER_PRESENT, timer.pos.attr("present"), "the timer `armvtimer` cannot be absent");
    } else if !cx.has(Cap::CpuKvmNoAdjvtime) {
        out.refuse(&VTIMER_SUPPORT, timer.pos, "this QEMU cannot set the timer `armvtimer`");
    } else if let Some(policy @ (TickPolicy::Catchup | TickPolicy::Merge)) = timer.tick_policy {
        refuse_policy(timer, policy, out);
    }
}

/// The last second of the year 9999, since 1970.
const LAST_SECOND: u64 = 253_402_300_799;

fn absolute(cx: &Context<'_>, out: &mut Findings<'_>) {
    let clock = &cx.domain.clock;
    if let Offset::Absolute(start) = clock.offset
        && start > LAST_SECOND
    {
        let message =
            format!("`start` with offset `absolute` is `{start}`, it must be at most {LAST_SECOND}");
        out.refuse(&ABSOLUTE, clock.pos.attr("start"), message);
    }
}
