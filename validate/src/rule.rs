//! What a check looks at, and where it reports broken rules.

use virtargv_caps::{Cap, Caps};
use virtargv_host::Host;
use virtargv_model::{Domain, Place, Pos, Release, Report, Rule, Stage};
use virtargv_resolve::Guest;

/// What a check may look at.
pub struct Context<'a> {
    /// The completed domain.
    pub domain: &'a Domain,
    /// What kind of guest it is.
    pub guest: &'a Guest,
    /// What the QEMU can do.
    pub caps: &'a Caps,
    /// The machine it is for.
    pub host: &'a dyn Host,
    /// The release of libvirt that is followed.
    pub release: Release,
}

impl Context<'_> {
    /// Whether the QEMU can do `cap`.
    pub fn has(&self, cap: Cap) -> bool {
        self.caps.has(cap)
    }
}

/// Collects the rules that are broken.
#[derive(Debug)]
pub struct Findings<'a> {
    report: &'a mut Report,
    release: Release,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(report: &'a mut Report, release: Release) -> Self {
        Self { report, release }
    }

    /// Whether reading found something wrong in the element at `at`: what it says is not known then. An element that was
    /// not read from the text is never bad.
    pub(crate) fn is_bad(&self, at: Pos) -> bool {
        let at = at.offset();
        at.is_some() && self.report.iter().any(|problem| problem.place.element.offset() == at)
    }

    /// Whether a device could not be placed: what follows from addresses is not known then.
    pub(crate) fn is_misplaced(&self) -> bool {
        self.report.iter().any(|problem| problem.stage == Stage::Place)
    }

    /// Reports that `rule` is broken at `place`, where the release followed has the rule. The message names element,
    /// attribute and value (values in single quotes).
    pub fn refuse(&mut self, rule: &'static Rule, place: impl Into<Place>, message: impl Into<String>) {
        if rule.releases.contains(self.release) {
            self.report.push(rule.problem(self.release, place, message));
        }
    }
}
