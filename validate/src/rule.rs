//! What a rule is, and how breaking it is put down.

use virtargv_caps::{Cap, Caps, Convention};
use virtargv_host::Host;
use virtargv_model::{Domain, Kind, Place, Pos, Problem, Report, Stage};
use virtargv_resolve::Guest;

/// One rule: what it asks, and where it comes from. Rules are statics, made by [`rules!`](macro@crate::rules).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its stable id, such as `net-teaming-transient-type`.
    pub id: &'static str,
    /// The class of a problem with it.
    pub kind: Kind,
    /// Whether the reference holds it while completing the domain or afterwards.
    pub stage: Stage,
    /// What it asks, in one sentence.
    pub summary: &'static str,
    /// Why: the element in the domain format, the QEMU property, the hardware.
    pub reason: &'static str,
}

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
}

impl Context<'_> {
    /// Whether the release followed does so.
    pub fn follows(&self, convention: Convention) -> bool {
        self.guest.release.has(convention)
    }

    /// The stage at which the release followed looks at what small devices need of the QEMU.
    pub fn small_device_stage(&self) -> Stage {
        if self.follows(Convention::SmallDeviceRules) { Stage::Validate } else { Stage::Build }
    }

    /// Whether the QEMU can do `cap`.
    pub fn has(&self, cap: Cap) -> bool {
        self.caps.has(cap)
    }
}

/// Where broken rules are put down.
#[derive(Debug)]
pub struct Findings<'a> {
    report: &'a mut Report,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(report: &'a mut Report) -> Self {
        Self { report }
    }

    /// Whether something was wrong with the element at `at` already: what it says is not known then.
    pub(crate) fn is_bad(&self, at: Pos) -> bool {
        self.report.iter().any(|problem| problem.place.element == at)
    }

    /// Whether a device could not be placed: what follows from places is not known then.
    pub(crate) fn is_misplaced(&self) -> bool {
        self.report.iter().any(|problem| problem.stage == Stage::Place)
    }

    /// `rule` is broken at `place`. The message names element, attribute and value (values in single quotes).
    pub fn refuse(&mut self, rule: &'static Rule, place: impl Into<Place>, message: impl Into<String>) {
        self.refuse_at(rule.stage, rule, place, message);
    }

    /// As [`Findings::refuse`], where the release followed holds `rule` at another stage than it was written for.
    pub fn refuse_at(
        &mut self,
        stage: Stage,
        rule: &'static Rule,
        place: impl Into<Place>,
        message: impl Into<String>,
    ) {
        self.refuse_as(rule.kind, stage, rule, place, message);
    }

    /// As [`Findings::refuse_at`], where the release followed has another class for a problem with `rule`.
    pub fn refuse_as(
        &mut self,
        kind: Kind,
        stage: Stage,
        rule: &'static Rule,
        place: impl Into<Place>,
        message: impl Into<String>,
    ) {
        self.report.push(Problem::new(stage, kind, rule.id, place, message));
    }
}

/// Defines rules: `rules! { /// Summary. \n NAME = "id": Kind, Stage, "reason"; ... }` gives statics and `ALL`.
#[macro_export]
macro_rules! rules {
    ($(#[doc = $summary:literal] $name:ident = $id:literal: $kind:ident, $stage:ident, $reason:literal;)+) => {
        $(
            #[doc = $summary]
            pub static $name: $crate::Rule = $crate::Rule {
                id: $id,
                kind: virtargv_model::Kind::$kind,
                stage: virtargv_model::Stage::$stage,
                summary: $summary.trim_ascii(),
                reason: $reason,
            };
        )+
        /// The rules of this module, in the order in which they are held.
        pub static ALL: &[&$crate::Rule] = &[$(&$name),+];
    };
}
