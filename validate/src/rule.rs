//! What a check is given, and where it reports problems.

use virtargv_caps::{Cap, Caps};
use virtargv_host::Host;
use virtargv_model::{Domain, Place, Pos, Release, Report, Rule, Stage};
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
}

impl<'a> Findings<'a> {
    pub(crate) fn new(report: &'a mut Report, release: Release) -> Self {
        Self { report, release }
    }

    /// Whether there is a problem in the element at `at`, so that its content is not known. An element that was not read
    /// from the text has none.
    pub(crate) fn is_bad(&self, at: Pos) -> bool {
        let at = at.offset();
        at.is_some() && self.report.iter().any(|problem| problem.place.element.offset() == at)
    }

    /// Whether a device could not be given an address, so that what is assigned after addresses is not known.
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
