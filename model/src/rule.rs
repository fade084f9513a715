//! The registry of problems: every id that a stage can report is one static row.
//!
//! Each crate owns its rows, which [`rules!`](crate::rules!) defines beside the code that reports them; the crate
//! `virtargv` lists the rows of all crates.

use crate::{Class, Place, Problem, Release, Span, Stage};

/// The severity of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// For information.
    Note,
    /// The document is accepted, but probably does not mean what was intended.
    Warning,
    /// The document is refused.
    Error,
}

impl Severity {
    /// The stable word used in machine-readable output.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A value that may differ in earlier releases of libvirt, such as the class of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByRelease<T> {
    now: T,
    earlier: Option<(Span, T)>,
}

impl<T: Copy> ByRelease<T> {
    /// The same in every release.
    pub const fn always(now: T) -> Self {
        Self { now, earlier: None }
    }

    /// `earlier` in the releases before version `until`.
    #[must_use]
    pub const fn before(self, until: &'static str, earlier: T) -> Self {
        Self { earlier: Some((Span::ALWAYS.until(until), earlier)), ..self }
    }

    /// The value in `release`.
    pub const fn of(&self, release: Release) -> T {
        match self.earlier {
            Some((span, earlier)) if span.contains(release) => earlier,
            _ => self.now,
        }
    }

    /// The value in current releases.
    pub const fn now(&self) -> T {
        self.now
    }

    /// The releases before the change, and the value that they have; `None` where there was no change.
    pub const fn earlier(&self) -> Option<(Span, T)> {
        self.earlier
    }
}

/// The class of a problem in each release.
pub type Classes = ByRelease<Class>;

impl From<Class> for Classes {
    fn from(class: Class) -> Self {
        Self::always(class)
    }
}

/// A rule: what must hold, why, and what to do where it does not. Rules are statics that [`rules!`](crate::rules!)
/// defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The stable id, such as `net-teaming-transient-type`.
    pub id: &'static str,
    /// The severity of a problem with it.
    pub severity: Severity,
    /// The class of a problem with it, which libvirt prints before the message.
    pub class: Classes,
    /// The stage at which libvirt finds it.
    pub stage: ByRelease<Stage>,
    /// What must hold, in one sentence.
    pub summary: &'static str,
    /// Where the rule comes from: the element of the domain format, the QEMU property, the kernel or the hardware.
    pub reason: &'static str,
    /// What to do about a problem: the attribute to add or remove, the values that are possible.
    pub help: &'static str,
    /// The releases that have the rule.
    pub releases: Span,
}

impl Rule {
    /// A problem with this rule under `release`.
    pub fn problem(
        &'static self,
        release: Release,
        place: impl Into<Place>,
        message: impl Into<String>,
    ) -> Problem {
        Problem {
            rule: self,
            class: self.class.of(release),
            stage: self.stage.of(release),
            severity: self.severity,
            message: message.into(),
            place: place.into(),
            read_at: None,
        }
    }
}

/// Defines rules: statics of the given names, and their list `ALL`.
///
/// A row is a one-line documentation comment (what must hold), the name, the id, the class, the stage, the reason and
/// the help. Class and stage may name the value that they had before a version of libvirt. `since` and `until` at the
/// end restrict the rule to releases.
///
/// ```
/// virtargv_model::rules! {
///     /// The model of a memory balloon is a virtio model.
///     MODEL = "memballoon-model": Unsupported, Validate, "`<memballoon model=>`: QEMU has virtio balloons only",
///         help "use `model='virtio'`, or `model='none'` for no balloon";
///     /// A hub has a `type`.
///     TYPE = "hub-type": Xml (Internal before "7.3"), Validate (Build before "8.0"), "`<hub type=>`",
///         help "add `type='usb'`", since "7.1";
/// }
/// assert_eq!(ALL.len(), 2);
/// assert_eq!(TYPE.class.of(virtargv_model::Release::V7_0), virtargv_model::Class::Internal);
/// ```
#[macro_export]
macro_rules! rules {
    ($(#[doc = $summary:literal] $name:ident = $id:literal:
        $class:ident $(($earlier:ident before $changed:literal))?,
        $stage:ident $(($earlier_stage:ident before $moved:literal))?,
        $reason:literal,
        help $help:literal
        $(, since $since:literal)?
        $(, until $until:literal)?;
    )+) => {
        $(
            #[doc = $summary]
            pub static $name: $crate::Rule = $crate::Rule {
                id: $id,
                severity: $crate::Severity::Error,
                class: $crate::ByRelease::always($crate::Class::$class)$(.before($changed, $crate::Class::$earlier))?,
                stage: $crate::ByRelease::always($crate::Stage::$stage)
                    $(.before($moved, $crate::Stage::$earlier_stage))?,
                summary: $summary.trim_ascii(),
                reason: $reason,
                help: $help,
                releases: $crate::Span::ALWAYS$(.since($since))?$(.until($until))?,
            };
        )+
        /// The rules of this module.
        pub static ALL: &[&$crate::Rule] = &[$(&$name),+];
    };
}
