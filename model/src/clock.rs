//! `<clock>`: the time of the guest's real-time clock at the start, and the guest's timers.

use crate::read::{self, El, Element, INTERNAL_BEFORE_9_0, Reader, UNSUPPORTED_BEFORE_9_0, Value};
use crate::write::Writer;
use crate::{Class, Pos, YesNo};

crate::rules! {
    /// A clock with `offset='timezone'` names its `timezone`.
    CLOCK_TIMEZONE = "clock-timezone": Internal, Read,
        "`<clock offset='timezone' timezone=>`: a name of the tz database",
        help "add `timezone=`, such as `timezone='Europe/Paris'`, or use `offset='utc'`";
    /// A clock with `offset='absolute'` has a `start`.
    CLOCK_START = "clock-start": Internal, Read,
        "`<clock offset='absolute' start=>`: seconds since 1970",
        help "add `start=` with a number of seconds, or use `offset='utc'`", since "8.4";
}

/// The place of the first `<clock>` of `domain`.
fn place(domain: El<'_>) -> Pos {
    domain.child("clock").unwrap_or(domain).pos()
}

spelled! {
    /// The basis of an adjusted clock (`basis=`).
    pub enum Basis {
        /// UTC.
        Utc = "utc",
        /// The host's local time.
        LocalTime = "localtime",
    }
}

spelled! {
    /// The word in `offset=`.
    pub enum OffsetWord {
        /// UTC.
        Utc = "utc",
        /// The host's local time.
        LocalTime = "localtime",
        /// Seconds from a basis.
        Variable = "variable",
        /// The time in a time zone.
        Timezone = "timezone",
        /// A fixed time.
        Absolute = "absolute" since "8.4",
    }
}

/// The time of the guest's clock at the start (`offset=` and the attributes that belong to it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offset {
    /// UTC.
    Utc {
        /// `adjustment='reset'`: changes that the guest makes are lost when it stops.
        reset: bool,
    },
    /// The host's local time.
    LocalTime {
        /// `adjustment='reset'`, as for UTC.
        reset: bool,
    },
    /// Seconds from a basis.
    Variable {
        /// `adjustment=`, in seconds.
        adjustment: i64,
        /// `basis=`: what the adjustment is added to.
        basis: Basis,
    },
    /// `timezone=`: the time in a time zone.
    Timezone(Option<String>),
    /// `start=`, in seconds since 1970-01-01 UTC.
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
    /// Place of the element in the text.
    pub pos: Pos,
    /// `offset=` and the attributes that belong to it.
    pub offset: Offset,
    /// `<timer>`
    pub timers: Vec<Timer>,
}

spelled! {
    /// `name=` of `<timer>`.
    pub enum TimerName {
        /// The platform timer of Xen.
        Platform = "platform" of "Xen",
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
    /// What a timer tracks (`track=`).
    pub enum TimerTrack {
        /// Time since the start.
        Boot = "boot",
        /// Time that the guest was running.
        Guest = "guest",
        /// The host's wall clock.
        Wall = "wall",
        /// Real time, which changes of the host's clock do not affect.
        Realtime = "realtime" since "9.0",
    }
}

spelled! {
    /// What happens to ticks that the guest missed (`tickpolicy=`).
    pub enum TickPolicy {
        /// They are delivered late, at the normal rate.
        Delay = "delay",
        /// They are delivered at a higher rate until the guest has caught up.
        Catchup = "catchup",
        /// They are merged into one.
        Merge = "merge",
        /// They are discarded.
        Discard = "discard",
    }
}

spelled! {
    /// How the guest reads the time stamp counter (`mode=`).
    pub enum TimerMode {
        /// Natively where the counter is stable, else emulated.
        Auto = "auto",
        /// Natively.
        Native = "native",
        /// Emulated by the hypervisor.
        Emulate = "emulate",
        /// Natively, with paravirtual support for migration.
        Paravirt = "paravirt",
        /// Natively, safe for several CPUs.
        SmpSafe = "smpsafe",
    }
}

/// `<timer>`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `name=`: the timer.
    pub name: TimerName,
    /// `present=`: whether the guest has the timer.
    pub present: Option<YesNo>,
    /// `tickpolicy=`: what happens to missed ticks.
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

/// `<catchup>`: the limits of catching up ticks. 0 is read as absent.
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
    /// The first timer called `name`.
    pub fn timer(&self, name: TimerName) -> Option<&Timer> {
        self.timers.iter().find(|timer| timer.name == name)
    }

    pub(crate) fn read(domain: El<'_>, r: &mut Reader) -> Self {
        // Of several elements, the first with an attribute has its value, and the timers are those of all.
        let Some(el) = domain.child("clock") else { return Self::default() };
        Self {
            pos: el.pos(),
            offset: Offset::read(domain, r).unwrap_or_default(),
            timers: domain.children("clock").flat_map(|clock| read::all(clock, "timer", r)).collect(),
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

/// The first of the `<clock>` elements with the attribute `name`; an empty text is read as absent.
fn with<'a>(domain: El<'a>, name: &str) -> Option<El<'a>> {
    domain.children("clock").find(|el| el.get(name).is_some()).filter(|el| el.get(name) != Some(""))
}

impl Offset {
    fn read(domain: El<'_>, r: &mut Reader) -> Option<Self> {
        let word = with(domain, "offset").map(|el| r.attr_as(Class::Unsupported, el, "offset"));
        Some(match word.unwrap_or(Some(OffsetWord::Utc))? {
            OffsetWord::Utc => Self::adjusted(domain, Basis::Utc, r)?,
            OffsetWord::LocalTime => Self::adjusted(domain, Basis::LocalTime, r)?,
            OffsetWord::Variable => Self::Variable {
                adjustment: with(domain, "adjustment")
                    .and_then(|el| r.lenient(el, "adjustment"))
                    .unwrap_or_default(),
                basis: with(domain, "basis")
                    .and_then(|el| r.attr_as(Class::Unsupported, el, "basis"))
                    .unwrap_or(Basis::Utc),
            },
            OffsetWord::Timezone => {
                let zone = with(domain, "timezone").and_then(|el| el.string("timezone"));
                if zone.is_none() {
                    let message = "`<clock>` with `offset='timezone'` has no `timezone=`";
                    r.refuse(&CLOCK_TIMEZONE, place(domain), message);
                }
                Self::Timezone(zone)
            }
            OffsetWord::Absolute => {
                let text = with(domain, "start").and_then(|el| el.get("start"));
                let start = text.and_then(|text| Value::parse(text).ok());
                if start.is_none() {
                    let message = match text {
                        None => "`<clock>` with `offset='absolute'` has no `start=`".to_owned(),
                        Some(text) => {
                            format!(
                                "`start` of `<clock>` with `offset='absolute'` is `{text}`, expected seconds since 1970"
                            )
                        }
                    };
                    r.refuse(&CLOCK_START, place(domain), message);
                }
                Self::Absolute(start?)
            }
        })
    }

    /// The offset of a clock that follows `basis`, with its `adjustment=`: `reset`, or a number of seconds.
    fn adjusted(domain: El<'_>, basis: Basis, r: &mut Reader) -> Option<Self> {
        let Some(el) = with(domain, "adjustment") else { return Some(Self::of(basis, false)) };
        if el.get("adjustment") == Some("reset") {
            return Some(Self::of(basis, true));
        }
        let adjustment = r.attr(el, "adjustment")?;
        Some(Self::Variable { adjustment, basis })
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
        let name: TimerName = r.required_as(INTERNAL_BEFORE_9_0, UNSUPPORTED_BEFORE_9_0, el, "name")?;
        Some(Self {
            pos: el.pos(),
            name,
            present: r.attr_as(INTERNAL_BEFORE_9_0, el, "present"),
            tick_policy: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "tickpolicy"),
            track: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "track"),
            frequency: r.attr_as(INTERNAL_BEFORE_9_0, el, "frequency").filter(|hz| *hz > 0),
            mode: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "mode"),
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
        // libvirt does not write 0.
        let mut number = |name| r.attr_as::<u64>(INTERNAL_BEFORE_9_0, el, name).filter(|n| *n > 0);
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
