//! The context of checks, and the problems that they report.

use virtargv_caps::{Cap, Caps};
use virtargv_host::{Fact, Host, HostError};
use virtargv_model::read::ReadPlace;
use virtargv_model::{Domain, Message, Place, Pos, Problem, Release, Report, Rule, Stage, Unread};
use virtargv_resolve::Guest;

use crate::follow::Found;
use crate::known::Known;

/// The context of a check.
pub struct Context<'a> {
    /// The completed domain.
    pub domain: &'a Domain,
    /// The kind of guest.
    pub guest: &'a Guest,
    /// The capabilities of the QEMU.
    pub caps: &'a Caps,
    /// The host that the guest is for.
    pub host: &'a dyn Host,
    /// The release of libvirt that is followed.
    pub release: Release,
    /// Whether the command line is to be read only, for which no network is asked.
    pub for_reader: bool,
    /// What is looked up for every device.
    pub(crate) known: Known<'a>,
}

impl Context<'_> {
    /// Whether the QEMU binary has `cap`. It is taken to have all flags if it is for another architecture, which is a
    /// problem of its own.
    pub fn has(&self, cap: Cap) -> bool {
        self.caps.has(cap) || !self.guest.is_run_by(self.caps)
    }
}

/// Collects problems.
#[derive(Debug)]
pub struct Findings<'a> {
    report: &'a mut Report,
    domain: &'a Domain,
    release: Release,
    found: Found,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(report: &'a mut Report, context: &Context<'a>) -> Self {
        let found = Found::of(report, context.guest);
        Self { report, domain: context.domain, release: context.release, found }
    }

    /// What could not be read of the document.
    pub(crate) fn unread(&self) -> &Unread {
        self.report.unread()
    }

    /// Whether `rule` was found broken in the element at `at`. An element that was not read from the text has no problems
    /// of its own.
    pub(crate) fn has(&self, rule: &'static Rule, at: Pos) -> bool {
        self.found.has(rule, at)
    }

    /// Whether `rule` was found broken anywhere.
    pub(crate) fn has_any(&self, rule: &'static Rule) -> bool {
        self.found.has_any(rule)
    }

    /// As [`Findings::refuse`], for a rule without which the PCI buses are not known.
    #[cold]
    pub(crate) fn refuse_bus(&mut self, rule: &'static Rule, place: Place, message: impl Into<Message>) {
        self.found.lose_buses(rule.stage.of(self.release));
        self.refuse(rule, place, message);
    }

    /// As [`Findings::refuse`], for two elements that break `rule` together: `other` is the one that the problem does not
    /// show.
    #[cold]
    pub(crate) fn refuse_pair(
        &mut self,
        rule: &'static Rule,
        place: Place,
        other: Place,
        message: impl Into<Message>,
    ) {
        let element = place.element;
        let offset = other.element.offset();
        let message = message.into().with_first(other);
        self.refuse(rule, place, message);
        if self.found.has(rule, element) {
            self.found.note(rule, rule.stage.of(self.release), offset);
        }
    }

    /// Whether a device without an address is one that needs none. Otherwise completing may have stopped before it.
    pub(crate) fn is_placed(&self) -> bool {
        self.found.is_placed()
    }

    /// Reports that `rule` is broken at `place`, where the release followed has the rule, unless that follows from another
    /// problem. The message names element, attribute and value in backticks.
    #[cold]
    pub fn refuse(&mut self, rule: &'static Rule, place: impl Into<Place>, message: impl Into<Message>) {
        self.push(rule, place.into(), message, |problem| problem);
    }

    /// As [`Findings::refuse`], where the host answers `error` when it is asked for `fact`: a note where it does not know.
    #[cold]
    pub(crate) fn unanswered(
        &mut self,
        fact: Fact<'_>,
        error: &HostError,
        rule: &'static Rule,
        place: Place,
        message: impl Into<Message>,
    ) {
        self.push(rule, place, message, |problem| fact.unanswered(error, problem));
    }

    fn push(
        &mut self,
        rule: &'static Rule,
        place: Place,
        message: impl Into<Message>,
        judged: impl FnOnce(Problem) -> Problem,
    ) {
        if !rule.releases.contains(self.release) || self.unread().covers(&place) {
            return;
        }
        let mut problem = judged(rule.problem(self.release, place, message));
        if problem.stage == Stage::Read {
            problem.read_at = ReadPlace::in_devices(&problem.place, &self.domain.devices);
        }
        if !self.found.include_again(rule) && !self.found.lead_to(&problem, self.unread()) {
            self.found.add(&problem);
            self.report.push(problem);
        }
    }

    /// Removes the problems of completing that follow from problems found by the checks.
    pub(crate) fn finish(self) {
        let found = self.found;
        self.report.retain(|problem, unread| {
            !virtargv_resolve::rules::ALL.iter().any(|rule| rule.id == problem.id())
                || !found.lead_to(problem, unread)
        });
    }
}
