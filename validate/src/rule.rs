//! What a check is given, and where it reports problems.

use foldhash::HashSet;
use virtargv_caps::{Cap, Caps};
use virtargv_host::Host;
use virtargv_model::{Domain, Place, Pos, Release, Report, Rule};
use virtargv_resolve::Guest;

/// What a check is given.
pub struct Context<'a> {
    /// The completed domain.
    pub domain: &'a Domain,
    /// What kind of guest it is.
    pub guest: &'a Guest,
    /// The capabilities of the QEMU.
    pub caps: &'a Caps,
    /// The host that the guest is for.
    pub host: &'a dyn Host,
    /// The release of libvirt that is followed.
    pub release: Release,
}

impl Context<'_> {
    /// Whether the QEMU has `cap`.
    pub fn has(&self, cap: Cap) -> bool {
        self.caps.has(cap)
    }
}

/// Collects problems.
#[derive(Debug)]
pub struct Findings<'a> {
    report: &'a mut Report,
    release: Release,
    /// The id of each broken rule, alone and with the byte offset of each element that breaks it.
    found: HashSet<(&'static str, Option<usize>)>,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(report: &'a mut Report, release: Release) -> Self {
        let found = report.iter().flat_map(|problem| marks(problem.rule, &problem.place)).collect();
        Self { report, release, found }
    }

    /// Whether there is a problem in the element at `at`, so that its content is not known. An element that was not read
    /// from the text has none.
    pub(crate) fn is_bad(&self, at: Pos) -> bool {
        let at = at.offset();
        at.is_some() && self.report.iter().any(|problem| problem.place.element.offset() == at)
    }

    /// Whether `rule` was found broken in the element at `at`, so that a problem which follows from it is not reported. An
    /// element that was not read from the text has no problems of its own.
    pub(crate) fn has(&self, rule: &'static Rule, at: Pos) -> bool {
        at.offset().is_some_and(|at| self.found.contains(&(rule.id, Some(at))))
    }

    /// As [`Findings::has`], anywhere in the document.
    pub(crate) fn has_any(&self, rule: &'static Rule) -> bool {
        self.found.contains(&(rule.id, None))
    }

    /// Reports that `rule` is broken at `place`, where the release followed has the rule. The message names element,
    /// attribute and value (values in single quotes).
    pub fn refuse(&mut self, rule: &'static Rule, place: impl Into<Place>, message: impl Into<String>) {
        if rule.releases.contains(self.release) {
            let place = place.into();
            self.found.extend(marks(rule, &place));
            self.report.push(rule.problem(self.release, place, message));
        }
    }
}

/// What [`Findings`] remembers of a problem.
fn marks(rule: &'static Rule, place: &Place) -> [(&'static str, Option<usize>); 2] {
    [(rule.id, None), (rule.id, place.element.offset())]
}
