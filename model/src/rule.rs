//! The registry of problems: every id that a stage can report is one static row.
//!
//! Each crate owns its rows, which [`rules!`](crate::rules!) defines beside the code that reports them; the crate
//! `virtargv` lists the rows of all crates.

use crate::advice::Message;
use crate::release::Version;
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

/// The most changes that a [`ByRelease`] can have. A row with more does not compile.
const CHANGES: usize = 3;

/// A value that may differ in earlier releases of libvirt, such as the class of a problem.
///
/// A row names the value of current releases, then the earlier ones, each with the version that changed it, back in time:
///
/// ```
/// use virtargv_model::{ByRelease, Release};
///
/// const LIMIT: ByRelease<u8> = ByRelease::always(3).before("11.3", 2).before("7.0", 1);
/// assert_eq!((LIMIT.of(Release::V7_0), LIMIT.of(Release::V11_3)), (2, 3));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByRelease<T> {
    now: T,
    /// The earlier values, each with the first version that no longer has it, latest first.
    earlier: [Option<(Version, T)>; CHANGES],
}

impl<T: Copy> ByRelease<T> {
    /// The same in every release.
    pub const fn always(now: T) -> Self {
        Self { now, earlier: [None; CHANGES] }
    }

    /// `earlier` in the releases before version `until`, which is before the version of every change named so far.
    ///
    /// # Panics
    /// Where the changes are not named back in time, or are more than there is room for. It is only called in constants,
    /// so compilation fails.
    #[must_use]
    #[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
    pub const fn before(mut self, until: &'static str, earlier: T) -> Self {
        let until = Version::literal(until);
        let mut at = 0;
        while let Some((later, _)) = self.earlier[at] {
            assert!(until.is_before(later), "changes are named back in time");
            at += 1;
            assert!(at < CHANGES, "there is no room for another change: raise CHANGES");
        }
        self.earlier[at] = Some((until, earlier));
        self
    }

    /// The value in `release`.
    pub fn of(&self, release: Release) -> T {
        let earlier = self.earlier.iter().flatten();
        let found = earlier.take_while(|(until, _)| release.version().is_before(*until)).last();
        found.map_or(self.now, |(_, value)| *value)
    }

    /// The value in current releases.
    pub const fn now(&self) -> T {
        self.now
    }

    /// The earlier values with the releases that have them, latest first; none where there was no change.
    pub fn earlier(&self) -> impl Iterator<Item = (Span, T)> + '_ {
        let ends = self.earlier.iter().flatten();
        let begins = ends.clone().skip(1).map(|(version, _)| Some(*version)).chain([None]);
        ends.zip(begins).map(|((until, value), since)| (Span::between(since, Some(*until)), *value))
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
    // Few documents have a problem, so what leads here is laid out apart from the code that all documents run.
    #[cold]
    pub fn problem(
        &'static self,
        release: Release,
        place: impl Into<Place>,
        message: impl Into<Message>,
    ) -> Problem {
        let Message { text, advice } = message.into();
        Problem {
            rule: self,
            class: self.class.of(release),
            stage: self.stage.of(release),
            severity: self.severity,
            message: text,
            place: place.into(),
            read_at: None,
            advice,
        }
    }
}

/// Defines rules: statics of the given names, and their list `ALL`.
///
/// A row is a one-line documentation comment (what must hold), the name, the id, the class, the stage, the reason and
/// the help. Class and stage may name the values that they had before a version of libvirt, back in time. At the end,
/// `since` and `until` restrict the rule to releases, and `severity` makes it a warning or a note; else it is an error.
///
/// ```
/// virtargv_model::rules! {
///     /// The model of a memory balloon is a virtio model.
///     MODEL = "memballoon-model": Unsupported, Validate, "`<memballoon model=>`: QEMU has virtio balloons only",
///         help "use `model='virtio'`, or `model='none'` for no balloon";
///     /// A hub has a `type`.
///     TYPE = "hub-type": Xml (Unsupported before "9.0", Internal before "7.3"), Validate (Build before "8.0"),
///         "`<hub type=>`",
///         help "add `type='usb'`", since "7.1";
///     /// A hub has at least as many ports as devices.
///     PORTS = "hub-ports": Unsupported, Validate, "`<hub>`: a device without a port is on a hub that is added",
///         help "add `<hub type='usb'/>`", severity Warning;
/// }
/// assert_eq!(ALL.len(), 3);
/// assert_eq!(PORTS.severity, virtargv_model::Severity::Warning);
/// assert_eq!(TYPE.class.of(virtargv_model::Release::V7_0), virtargv_model::Class::Internal);
/// ```
#[macro_export]
macro_rules! rules {
    ($(#[doc = $summary:literal] $name:ident = $id:literal:
        $class:ident $(($($earlier:ident before $changed:literal),+))?,
        $stage:ident $(($($earlier_stage:ident before $moved:literal),+))?,
        $reason:literal,
        help $help:literal
        $(, since $since:literal)?
        $(, until $until:literal)?
        $(, severity $severity:ident)?;
    )+) => {
        $(
            #[doc = $summary]
            pub static $name: $crate::Rule = $crate::Rule {
                id: $id,
                severity: $crate::rules!(@severity $($severity)?),
                class: $crate::ByRelease::always($crate::Class::$class)
                    $($(.before($changed, $crate::Class::$earlier))+)?,
                stage: $crate::ByRelease::always($crate::Stage::$stage)
                    $($(.before($moved, $crate::Stage::$earlier_stage))+)?,
                summary: $summary.trim_ascii(),
                reason: $reason,
                help: $help,
                releases: $crate::Span::ALWAYS$(.since($since))?$(.until($until))?,
            };
        )+
        /// The rules of this module.
        pub static ALL: &[&$crate::Rule] = &[$(&$name),+];
    };
    (@severity) => { $crate::Severity::Error };
    (@severity $severity:ident) => { $crate::Severity::$severity };
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGED: ByRelease<char> =
        ByRelease::always('d').before("11.0", 'c').before("7.0", 'b').before("6.0", 'a');

    #[test]
    fn a_release_has_the_value_of_the_last_change_before_it() {
        assert_eq!([Release::V7_0, Release::V11_3].map(|release| CHANGED.of(release)), ['c', 'd']);
        let recent: ByRelease<char> =
            ByRelease::always('d').before("12.0", 'c').before("9.0", 'b').before("7.1", 'a');
        assert_eq!([recent.of(Release::V7_0), recent.of(Release::V11_3)], ['a', 'c']);
        assert_eq!(ByRelease::always('a').of(Release::V7_0), 'a');
    }

    #[test]
    fn earlier_values_are_told_with_their_releases() {
        let told = |value: ByRelease<char>| {
            value.earlier().map(|(span, value)| format!("{value}: {span}")).collect::<Vec<_>>()
        };
        let expected = ["c: since 7.0, until 11.0", "b: since 6.0, until 7.0", "a: until 6.0"];
        assert_eq!(told(CHANGED), expected);
        assert_eq!(told(ByRelease::always('a')), Vec::<String>::new());
    }
}
