//! The way from one side to the other, one thing at a time.

use std::borrow::Cow;

use virtargv_caps::{Cap, CapSet, Caps};
use virtargv_host::{Override, Request, Seeded};
use virtargv_model::{Convention, Edit, Release, Source, Version, advice, parse_as};

use super::{Reason, Side};
use crate::{Run, run};

/// What all is made of that is random, on both sides.
const SEED: u64 = 1;

/// The steps between two sides.
pub(super) struct Steps<'s> {
    before: &'s Side<'s>,
    after: &'s Side<'s>,
    texts: [Cow<'s, str>; 2],
    reasons: Vec<Reason>,
}

impl<'s> Steps<'s> {
    pub(super) fn new(before: &'s Side<'s>, after: &'s Side<'s>) -> Self {
        let texts = [before, after].map(|side| with_machine(side));
        let mut reasons = Vec::new();
        if before.text != after.text {
            reasons.push(Reason::Document);
        }
        if before.machine != after.machine {
            reasons.push(Reason::Machine);
        }
        let (flags, others) = (before.request.caps.flags(), after.request.caps.flags());
        let flags_that = |is_set: bool| {
            let changed = Cap::ALL.iter().filter(move |cap| flags.has(**cap) != others.has(**cap));
            let changed = changed.filter(move |cap| others.has(**cap) == is_set);
            changed.map(move |cap| Reason::Flag { cap: *cap, is_set })
        };
        let (old, new) = (before.request.release(), after.request.release());
        let differs = |convention: &&Convention| old.has(**convention) != new.has(**convention);
        // A release needs the flags that its QEMUs have: new ones come first, and what is gone goes last, so that there are as few
        // refusals on the way as can be.
        reasons.extend(flags_that(true));
        reasons
            .extend(Convention::ALL.iter().filter(differs).map(|convention| Reason::Convention(*convention)));
        reasons.extend(between(old.version(), new.version()).map(Reason::Version));
        reasons.extend(flags_that(false));
        reasons.push(Reason::Binary);
        reasons.push(Reason::Settings);
        Self { before, after, texts, reasons }
    }

    /// Puts the flags among the steps `together`, which make a difference only together, next to the last of them, so that the steps
    /// between them can be told apart. Returns whether that changed the order.
    pub(super) fn gather(&mut self, together: &[usize]) -> bool {
        let is_flag = |step: &&usize| matches!(self.reason(**step), Some(Reason::Flag { .. }));
        let fixed = together.iter().filter(|step| !is_flag(step)).max();
        let Some(pivot) = fixed.or_else(|| together.iter().max()).and_then(|step| self.reason(*step)) else {
            return false;
        };
        let flags: Vec<Reason> =
            together.iter().filter(is_flag).filter_map(|step| self.reason(*step)).collect();
        let flags: Vec<Reason> = flags.into_iter().filter(|flag| *flag != pivot).collect();
        let mut order: Vec<Reason> =
            self.reasons.iter().copied().filter(|reason| !flags.contains(reason)).collect();
        let at =
            order.iter().position(|reason| *reason == pivot).map_or(order.len(), |at| at.saturating_add(1));
        order.splice(at..at, flags);
        let is_new = order != self.reasons;
        self.reasons = order;
        is_new
    }

    /// The number of steps.
    pub(super) fn len(&self) -> usize {
        self.reasons.len()
    }

    /// The reason for what changes between the points `step` and `step + 1`.
    pub(super) fn reason(&self, step: usize) -> Option<Reason> {
        self.reasons.get(step).copied()
    }

    /// Runs all stages after the first `point` steps: 0 is the first side, [`Steps::len`] the second. The release is that of the point.
    pub(super) fn run(&self, point: usize) -> (Run, Release) {
        let [old, new] = &self.texts;
        let (text, request, caps) = match self.reasons.get(..point) {
            Some([]) => (Cow::Borrowed(&**old), &self.before.request, None),
            // The last step is the one that remains.
            Some(done) if point < self.reasons.len() => {
                (self.text(done), &self.before.request, Some(self.caps(done)))
            }
            _ => (Cow::Borrowed(&**new), &self.after.request, None),
        };
        let release = caps.as_ref().map_or_else(|| request.release(), Caps::release);
        (seeded(&text, request, caps.as_ref()), release)
    }

    fn text(&self, done: &[Reason]) -> Cow<'_, str> {
        let [old, new] = &self.texts;
        let document = done.contains(&Reason::Document);
        let machine = done.contains(&Reason::Machine);
        let all = |reason: &Reason| !matches!(reason, Reason::Document | Reason::Machine);
        if self.reasons.iter().find(|reason| !done.contains(reason)).is_none_or(all) {
            return Cow::Borrowed(new);
        }
        if !document && !machine {
            return Cow::Borrowed(old);
        }
        // The second document, with the machine type of the first side.
        let side =
            Side { text: self.after.text, machine: self.before.machine, request: self.after.request.clone() };
        Cow::Owned(with_machine(&side).into_owned())
    }

    fn caps(&self, done: &[Reason]) -> Caps {
        let (before, after) = (&self.before.request, &self.after.request);
        let mut flags: CapSet = *before.caps.flags();
        let mut version = before.release().version();
        let mut conventions = 0;
        for reason in done {
            match *reason {
                Reason::Convention(convention) => conventions = convention as usize + 1,
                Reason::Version(to) => version = to,
                Reason::Flag { cap, is_set: true } => flags.insert(cap),
                Reason::Flag { cap, is_set: false } => flags.remove(cap),
                Reason::Document | Reason::Machine | Reason::Binary | Reason::Settings => {}
            }
        }
        let release = before.release().toward(after.release(), conventions, version);
        let base = if done.contains(&Reason::Binary) { after.caps } else { before.caps };
        base.with_exactly(release, flags)
    }
}

/// Runs all stages with random bytes that are the same each time.
fn seeded(text: &str, request: &Request<'_>, caps: Option<&Caps>) -> Run {
    let random = Seeded::new(SEED);
    let host = Override::new(request.host).with_random(&random);
    let caps = caps.unwrap_or(request.caps);
    run(text, &Request { caps, host: &host, ..request.clone() })
}

/// The versions after the first on the way to the last, and the last.
fn between(first: Version, last: Version) -> impl Iterator<Item = Version> {
    // libvirt has at most a release a month.
    const MINORS: u16 = 12;
    let (low, high) = (first.min(last), first.max(last));
    let mut all: Vec<Version> = (low.major()..=high.major())
        .flat_map(|major| (0..=MINORS).map(move |minor| Version::new(major, minor)))
        .filter(|version| low <= *version && *version <= high)
        .collect();
    if last < first {
        all.reverse();
    }
    all.into_iter().skip(1)
}

/// The document of a side with the machine type that it is to have.
fn with_machine<'s>(side: &Side<'s>) -> Cow<'s, str> {
    let Some(machine) = side.machine else { return Cow::Borrowed(side.text) };
    let Some(domain) = parse_as(side.text, side.request.release()).value else {
        return Cow::Borrowed(side.text);
    };
    let edit = Edit::attribute(domain.os.pos.path("type"), "machine", machine);
    match Source::new(side.text).replacements(&[edit]) {
        Some(replacements) => Cow::Owned(advice::apply(side.text, replacements)),
        None => Cow::Borrowed(side.text),
    }
}
