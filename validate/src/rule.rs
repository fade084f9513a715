//! What a check is given, and where it reports problems.

use foldhash::HashSet;
use virtargv_caps::{Cap, Caps};
use virtargv_host::Host;
use virtargv_model::{Domain, Place, Problem, Release, Report, Rule, Unread};
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
    /// The id of each broken rule.
    found: HashSet<&'static str>,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(report: &'a mut Report, release: Release) -> Self {
        let found = report.iter().map(Problem::id).collect();
        Self { report, release, found }
    }

    /// What could not be read of the document.
    pub(crate) fn unread(&self) -> &Unread {
        self.report.unread()
    }

    /// Whether `rule` was found broken anywhere in the document, so that a problem which follows from it is not reported.
    pub(crate) fn has_any(&self, rule: &'static Rule) -> bool {
        self.found.contains(rule.id)
    }

    /// Reports that `rule` is broken at `place`, where the release followed has the rule, unless that follows from what could
    /// not be read there. The message names element, attribute and value (values in single quotes).
    pub fn refuse(&mut self, rule: &'static Rule, place: impl Into<Place>, message: impl Into<String>) {
        let place = place.into();
        if rule.releases.contains(self.release) && !self.unread().covers(&place) {
            self.found.insert(rule.id);
            self.report.push(rule.problem(self.release, place, message));
        }
    }
}
