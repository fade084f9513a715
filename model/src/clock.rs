//! `<clock>`: what time the guest starts with, and its timers.

use crate::read::{self, El, Element, LONG_UNSUPPORTED, ONCE_UNSUPPORTED, Reader};
use crate::write::Writer;
use crate::{Pos, YesNo};

crate::rules! {
    /// TODO clock-timezone
    CLOCK_TIMEZONE = "clock-timezone": Xml (Internal before "7.3"), Read, "TODO";
}

spelled! {
    /// What a clock that is adjusted starts from.
    pub enum Basis {
        /// UTC.
        Utc = "utc",
        /// The host's local time.
        LocalTime = "localtime",
    }
}

spelled! {
    /// `offset=` as the document spells it.
    pub enum OffsetWord {
        /// UTC.
        Utc = "utc",
        /// The host's local time.
        LocalTime = "localtime",
        /// A basis and seconds from it.
        Variable = "variable",
        /// The time in a time zone.
        Timezone = "timezone",
        /// A fixed time.
        Absolute = "absolute" since "8.4",
    }
}

/// What time the guest's clock starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offset {
    /// UTC.
    Utc {
        /// `adjustment='reset'`: what the guest changes is forgotten when it stops.
        reset: bool,
    },
    /// The host's local time.
    LocalTime {
        /// As for UTC.
        reset: bool,
    },
    /// Seconds from a basis.
    Variable {
        /// `adjustment=`, seconds.
        adjustment: i64,
        /// `basis=`
        basis: Basis,
    },
    /// The time in a zone.
    Timezone(Option<String>),
    /// `start=`, seconds since 1970 UTC.
    Absolute(u64),
}

impl Default for Offset {
    fn default() -> Self {
        Self::Utc { reset: false }
    }
}

/// `<clock>`
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Clock {
    /// Where it stands.
    pub pos: Pos,
    /// `offset=` and what goes with it.
    pub offset: Offset,
    /// `<timer>`
    pub timers: Vec<Timer>,
}

spelled! {
    /// Which timer.
    pub enum TimerName {
        /// Xen's.
        Platform = "platform",
        /// The programmable interval timer.
        Pit = "pit",
        /// The real time clock.
        Rtc = "rtc",
        /// The high precision event timer.
        Hpet = "hpet",
        /// The time stamp counter.
        Tsc = "tsc",
        /// KVM's paravirtual clock.
        KvmClock = "kvmclock",
        /// Hyper-V's paravirtual clock.
        HypervClock = "hypervclock",
        /// Arm's virtual timer.
        ArmVtimer = "armvtimer",
    }
}

spelled! {
    /// What a timer follows.
    pub enum TimerTrack {
        /// Time since the start.
        Boot = "boot",
        /// Time the guest was running.
        Guest = "guest",
        /// The host's clock.
        Wall = "wall",
        /// Real time, whatever is done to the host's clock.
        Realtime = "realtime" since "9.0",
    }
}

spelled! {
    /// What happens to ticks that were missed.
    pub enum TickPolicy {
        /// They come late.
        Delay = "delay",
        /// They come faster until caught up.
        Catchup = "catchup",
        /// They become one.
        Merge = "merge",
        /// They are lost.
        Discard = "discard",
    }
}

spelled! {
    /// How the time stamp counter is read.
    pub enum TimerMode {
        /// Natively where that is stable.
        Auto = "auto",
        /// Natively.
        Native = "native",
        /// By the hypervisor.
        Emulate = "emulate",
        /// Natively, with help for migration.
        Paravirt = "paravirt",
        /// Natively, the same on all CPUs.
        SmpSafe = "smpsafe",
    }
}

/// `<timer>`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// Where it stands.
    pub pos: Pos,
    /// `name=`
    pub name: TimerName,
    /// `present=`
    pub present: Option<YesNo>,
    /// `tickpolicy=`
    pub tick_policy: Option<TickPolicy>,
    /// `<catchup>`
    pub catchup: Option<Catchup>,
    /// `track=` of `rtc` and `platform`.
    pub track: Option<TimerTrack>,
    /// `frequency=` of `tsc`, in Hz.
    pub frequency: Option<u64>,
    /// `mode=` of `tsc`.
    pub mode: Option<TimerMode>,
}

/// `<catchup>`: how ticks are caught up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Catchup {
    /// `threshold=`
    pub threshold: Option<u64>,
    /// `slew=`
    pub slew: Option<u64>,
    /// `limit=`
    pub limit: Option<u64>,
}

impl Clock {
    /// The timer of that name; the first, where the document names one twice.
    pub fn timer(&self, name: TimerName) -> Option<&Timer> {
        self.timers.iter().find(|timer| timer.name == name)
    }

    pub(crate) fn read(domain: El<'_>, r: &mut Reader) -> Self {
        let Some(el) = domain.child("clock") else { return Self::default() };
        Self {
            pos: el.pos(),
            offset: Offset::read(el, r).unwrap_or_default(),
            timers: read::all(el, "timer", r),
        }
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        let tag = w.element("clock");
        let tag = match &self.offset {
            Offset::Utc { reset } => {
                tag.attr("offset", OffsetWord::Utc).opt("adjustment", reset.then_some("reset"))
            }
            Offset::LocalTime { reset } => {
                tag.attr("offset", OffsetWord::LocalTime).opt("adjustment", reset.then_some("reset"))
            }
            Offset::Variable { adjustment, basis } => {
                tag.attr("offset", OffsetWord::Variable).attr("adjustment", adjustment).attr("basis", basis)
            }
            Offset::Timezone(zone) => tag.attr("offset", OffsetWord::Timezone).opt("timezone", zone.as_ref()),
            Offset::Absolute(start) => tag.attr("offset", OffsetWord::Absolute).attr("start", start),
        };
        tag.children(|w| read::write_all(&self.timers, w));
    }
}

impl Offset {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let adjusted = |basis, r: &mut Reader| match el.get("adjustment") {
            None => Some(None),
            Some("reset") => Some(Some(Self::of(basis, true))),
            Some(_) => {
                let adjustment = r.attr(el, "adjustment")?;
                Some(Some(Self::Variable { adjustment, basis }))
            }
        };
        let word = r.attr_as(LONG_UNSUPPORTED, el, "offset")?;
        Some(match word {
            OffsetWord::Utc => adjusted(Basis::Utc, r)?.unwrap_or_else(|| Self::of(Basis::Utc, false)),
            OffsetWord::LocalTime => {
                adjusted(Basis::LocalTime, r)?.unwrap_or_else(|| Self::of(Basis::LocalTime, false))
            }
            OffsetWord::Variable => Self::Variable {
                adjustment: r.attr(el, "adjustment").unwrap_or_default(),
                basis: r.attr_as(LONG_UNSUPPORTED, el, "basis").unwrap_or(Basis::Utc),
            },
            OffsetWord::Timezone => {
                if el.get("timezone").is_none_or(str::is_empty) {
                    let message = "element 'clock' with offset='timezone' lacks its attribute 'timezone'";
                    r.refuse(&CLOCK_TIMEZONE, el.pos(), message);
                }
                Self::Timezone(el.string("timezone"))
            }
            OffsetWord::Absolute => Self::Absolute(r.required(el, "start")?),
        })
    }

    fn of(basis: Basis, reset: bool) -> Self {
        match basis {
            Basis::Utc => Self::Utc { reset },
            Basis::LocalTime => Self::LocalTime { reset },
        }
    }
}

impl Element for Timer {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let name: TimerName = r.required_as(ONCE_UNSUPPORTED, ONCE_UNSUPPORTED, el, "name")?;
        Some(Self {
            pos: el.pos(),
            name,
            present: r.attr_as(ONCE_UNSUPPORTED, el, "present"),
            tick_policy: r.attr_as(ONCE_UNSUPPORTED, el, "tickpolicy"),
            track: r.attr_as(ONCE_UNSUPPORTED, el, "track"),
            frequency: r.attr(el, "frequency").filter(|hz| *hz > 0),
            mode: r.attr_as(ONCE_UNSUPPORTED, el, "mode"),
            catchup: read::one(el, "catchup", r),
        })
    }

    fn write(&self, w: &mut Writer) {
        w.element("timer")
            .attr("name", self.name)
            .opt("present", self.present)
            .opt("tickpolicy", self.tick_policy)
            .opt("track", self.track)
            .opt("frequency", self.frequency)
            .opt("mode", self.mode)
            .children(|w| read::write_opt(self.catchup.as_ref(), w));
    }
}

impl Element for Catchup {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        // Nothing and 0 are the same.
        let mut number = |name| r.attr::<u64>(el, name).filter(|n| *n > 0);
        let catchup = Self { threshold: number("threshold"), slew: number("slew"), limit: number("limit") };
        (catchup != Self::default()).then_some(catchup)
    }

    fn write(&self, w: &mut Writer) {
        w.element("catchup")
            .opt("threshold", self.threshold)
            .opt("slew", self.slew)
            .opt("limit", self.limit)
            .empty();
    }
}
