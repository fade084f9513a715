//! The way from one side to the other, one thing at a time.

use std::borrow::Cow;
use std::ops::Range;

use virtargv_caps::{Cap, CapSet, Caps};
use virtargv_host::{Override, Request, Seeded};
use virtargv_model::{Convention, Edit, Release, Source, Version, advice, parse_as};

use super::{Reason, Side};
use crate::{Run, run};

/// The seed of everything random, so that it is the same on both sides.
const SEED: u64 = 1;

/// The steps from one side to one of the same or a newer release.
pub(super) struct Steps<'s> {
    before: &'s Side<'s>,
    after: &'s Side<'s>,
    /// The document of the first side, the second side's document with the first side's machine type, the document of the second
    /// side.
    texts: [Cow<'s, str>; 3],
    /// What each step changes. [`Reason::Document`] is before [`Reason::Machine`].
    reasons: Vec<Reason>,
}

impl<'s> Steps<'s> {
    pub(super) fn new(before: &'s Side<'s>, after: &'s Side<'s>) -> Self {
        let texts = [
            with_machine(before, before.machine),
            with_machine(after, before.machine),
            with_machine(after, after.machine),
        ];
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
        // A newer release takes flags for granted that its QEMUs have: those that appear come first and those that disappear last, so
        // that the fewest points on the way are refused.
        reasons.extend(flags_that(true));
        reasons
            .extend(Convention::ALL.iter().filter(differs).map(|convention| Reason::Convention(*convention)));
        reasons.extend(between(old.version(), new.version()).map(Reason::Version));
        reasons.extend(flags_that(false));
        reasons.push(Reason::Binary);
        reasons.push(Reason::Settings);
        Self { before, after, texts, reasons }
    }

    /// Moves the flags among the steps `together`, which make a difference only together, next to the last step among them that
    /// is no flag, or else the last of them; the steps between are then told apart. Returns the points that are others than before.
    pub(super) fn gather(&mut self, together: &[usize]) -> Option<Range<usize>> {
        let is_flag = |step: &&usize| matches!(self.reason(**step), Some(Reason::Flag { .. }));
        let last = together.iter().filter(|step| !is_flag(step)).max().or_else(|| together.iter().max());
        let last = last.and_then(|step| self.reason(*step))?;
        let flags: Vec<Reason> =
            together.iter().filter(is_flag).filter_map(|step| self.reason(*step)).collect();
        let is_moved = |reason: &Reason| flags.contains(reason) && *reason != last;
        let mut order = Vec::with_capacity(self.reasons.len());
        for reason in self.reasons.iter().filter(|reason| !is_moved(reason)) {
            order.push(*reason);
            if *reason == last {
                order.extend(flags.iter().filter(|flag| is_moved(flag)));
            }
        }
        let mut other = order.iter().zip(&self.reasons).enumerate().filter(|(_, (new, old))| new != old);
        let first = other.next()?.0;
        let end = other.next_back().map_or(first, |(at, _)| at);
        self.reasons = order;
        Some(first.saturating_add(1)..end.saturating_add(1))
    }

    /// The number of steps.
    pub(super) fn len(&self) -> usize {
        self.reasons.len()
    }

    /// The reason for what changes between the points `step` and `step + 1`.
    pub(super) fn reason(&self, step: usize) -> Option<Reason> {
        self.reasons.get(step).copied()
    }

    /// Runs all stages after the first `point` steps: 0 is the first side, [`Steps::len`] the second. The release is that of the
    /// point.
    pub(super) fn run(&self, point: usize) -> (Run, Release) {
        let done = self.reasons.get(..point).unwrap_or(&self.reasons);
        let is_end = done.is_empty() || done.len() == self.reasons.len();
        let side = if done.contains(&Reason::Settings) { self.after } else { self.before };
        let caps = (!is_end).then(|| self.caps(done));
        let release = caps.as_ref().map_or_else(|| side.request.release(), Caps::release);
        (seeded(self.text(done), &side.request, caps.as_ref()), release)
    }

    /// The document after the steps `done`.
    fn text(&self, done: &[Reason]) -> &str {
        // Both sides are the same in what no step changes.
        let has = |reason| done.contains(&reason) || !self.reasons.contains(&reason);
        let [old, between, new] = &self.texts;
        match (has(Reason::Document), has(Reason::Machine)) {
            (false, _) => old,
            (true, false) => between,
            (true, true) => new,
        }
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

/// The versions after `first`, up to `last`.
fn between(first: Version, last: Version) -> impl Iterator<Item = Version> {
    // libvirt has at most a release a month.
    const MINORS: u16 = 12;
    (first.major()..=last.major())
        .flat_map(|major| (0..=MINORS).map(move |minor| Version::new(major, minor)))
        .filter(move |version| first < *version && *version <= last)
}

/// The document of `side` with the machine type `machine`, where there is one.
fn with_machine<'s>(side: &Side<'s>, machine: Option<&str>) -> Cow<'s, str> {
    let unchanged = Cow::Borrowed(side.text);
    let Some(machine) = machine else { return unchanged };
    let Some(domain) = parse_as(side.text, side.request.release()).value else { return unchanged };
    let edit = Edit::attribute(domain.os.pos.path("type"), "machine", machine);
    let replacements = Source::new(side.text).replacements(&[edit]);
    replacements.map_or(unchanged, |edits| Cow::Owned(advice::apply(side.text, edits)))
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]
mod tests {
    use virtargv_host::{DomainId, FixedHost};

    use super::*;
    use crate::{Argument, builtin};

    #[test]
    fn a_flag_between_document_and_machine_type_changes_neither() {
        let old = "<domain type='kvm'><name>a</name><memory unit='MiB'>64</memory>
          <os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
        let new = old.replace(">64<", ">128<");
        let has = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
        let flag = Reason::Flag { cap: Cap::ObjectMonitorQmp, is_set: true };
        let lacks = has.edit().clear(Cap::ObjectMonitorQmp).build();
        let host = FixedHost::default();
        let before = Side { text: old, request: Request::new(&lacks, &host), machine: None };
        let after = Side { text: &new, request: Request::new(&has, &host), machine: Some("pc-q35-9.0") };
        let mut steps = Steps::new(&before, &after);
        assert_eq!(steps.reasons.get(..3), Some([Reason::Document, Reason::Machine, flag].as_slice()));
        assert_eq!(steps.gather(&[0, 2]), Some(2..3));
        assert_eq!(steps.reasons.get(..3), Some([Reason::Document, flag, Reason::Machine].as_slice()));

        let check = |point: usize, memory: &str, machine: &str| {
            let text = steps.text(steps.reasons.get(..point).expect("steps"));
            assert!(text.contains(memory) && text.contains(machine), "{point}: {text}");
        };
        check(0, ">64<", "'q35'");
        check(1, ">128<", "'q35'");
        check(2, ">128<", "'q35'");
        check(3, ">128<", "'pc-q35-9.0'");
    }

    #[test]
    fn a_flag_after_the_settings_leaves_them() {
        let text = "<domain type='kvm'><name>a</name><memory unit='MiB'>64</memory>
          <os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
        let has = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
        let lacks = has.edit().clear(Cap::ObjectMonitorQmp).build();
        let host = FixedHost::default();
        let before = Side { text, request: Request::new(&lacks, &host), machine: None };
        let mut after = Side { text, request: Request::new(&has, &host), machine: None };
        after.request.start.domain_id = DomainId::Assigned(77);
        let mut steps = Steps::new(&before, &after);
        let settings = steps.len() - 1;
        assert!(steps.gather(&[0, settings]).is_some());
        let has_number = |point| {
            let line = steps.run(point).0.command_line.expect("a command line");
            let mut values = line.arguments.iter().filter_map(Argument::value_text);
            values.any(|value| value.contains("domain-77-a"))
        };
        assert_eq!([0, settings - 1, settings, settings + 1].map(has_number), [false, false, true, true]);
    }
}
