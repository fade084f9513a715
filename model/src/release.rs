//! The releases of libvirt that can be followed, and the differences between them.
//!
//! [`Release`] is an ordered list, and every difference is a row with the version of libvirt since which, or until
//! which, it holds ([`Convention`], [`Rule`](crate::Rule), the words of the format). Code asks
//! `release.has(Convention::X)` or leaves the question to the row; nothing compares releases.

mod convention;

use std::fmt;
use std::str::FromStr;

pub use convention::Convention;

/// A version of libvirt, major and minor, as in the "since 8.2" of its documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    major: u16,
    minor: u16,
}

impl Version {
    /// The version `major.minor`.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// The major number.
    pub const fn major(self) -> u16 {
        self.major
    }

    /// The minor number.
    pub const fn minor(self) -> u16 {
        self.minor
    }

    /// Parses a version such as `8.2` in a row of a table.
    ///
    /// # Panics
    /// Where `text` is not a version. It is only called in constants, so compilation fails.
    #[doc(hidden)]
    pub const fn literal(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let mut parts = [0u16; 2];
        let (mut part, mut at) = (0, 0);
        #[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
        while at < bytes.len() {
            if bytes[at] == b'.' {
                part += 1;
            } else {
                assert!(bytes[at].is_ascii_digit(), "a version is two numbers with a dot between them");
                parts[part] = parts[part] * 10 + (bytes[at] - b'0') as u16;
            }
            at += 1;
        }
        assert!(part == 1, "a version is two numbers with a dot between them");
        Self::new(parts[0], parts[1])
    }

    pub(crate) const fn is_before(self, other: Self) -> bool {
        self.major < other.major || self.major == other.major && self.minor < other.minor
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A release of libvirt that is followed: its format, defaults, rules and command lines.
///
/// It is one of [`Release::ALL`], or one on the way from one of them to another ([`Release::toward`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Release {
    /// The version whose words, rules and states of flags it has.
    version: Version,
    /// Its index in [`Release::ALL`].
    followed: u8,
    /// The index of the release from which it has the first conventions.
    toward: u8,
    /// How many conventions it has from there.
    taken: u16,
}

/// Defines the releases that can be followed, oldest first.
macro_rules! releases {
    ($($(#[$meta:meta])* $variant:ident = $version:literal;)+) => {
        /// The indexes of the releases.
        #[repr(u8)]
        enum Index { $($variant,)+ }

        #[allow(non_upper_case_globals, reason = "named as in a list of releases")]
        impl Release {
            $($(#[$meta])* pub const $variant: Self = Self {
                version: Version::literal($version),
                followed: Index::$variant as u8,
                toward: Index::$variant as u8,
                taken: 0,
            };)+

            /// Every release, oldest first.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name, such as `7.0`.
            pub const fn name(self) -> &'static str {
                const NAMES: &[&str] = &[$($version),+];
                #[allow(clippy::indexing_slicing, reason = "there is a name for each index")]
                NAMES[self.followed as usize]
            }
        }
    };
}

impl Release {
    /// The version.
    pub const fn version(self) -> Version {
        self.version
    }

    /// This release with the first `conventions` of [`Convention::ALL`] as `other` has them, and the words, rules and states of
    /// flags of `version`.
    ///
    /// With all conventions and the version of `other`, it behaves as `other`. What differs between two releases can so be found out
    /// one convention, and one version, at a time.
    ///
    /// ```
    /// use virtargv_model::{Convention, Release};
    ///
    /// let (old, new) = (Release::V7_0, Release::V11_3);
    /// let changed = Convention::ALL.iter().position(|convention| old.has(*convention) != new.has(*convention)).unwrap();
    /// let convention = Convention::ALL[changed];
    /// assert_eq!(old.toward(new, changed, old.version()).has(convention), old.has(convention));
    /// assert_eq!(old.toward(new, changed + 1, old.version()).has(convention), new.has(convention));
    /// ```
    #[must_use]
    pub fn toward(self, other: Self, conventions: usize, version: Version) -> Self {
        let taken = u16::try_from(conventions).unwrap_or(u16::MAX);
        Self { version, followed: self.followed, toward: other.followed, taken }
    }

    /// The index in [`Release::ALL`] of the release that says whether the convention `index` is had.
    const fn of_convention(self, index: u16) -> u8 {
        if index < self.taken { self.toward } else { self.followed }
    }

    /// The bit of a release in a set of releases.
    const fn bit(self) -> u32 {
        1 << self.followed
    }
}

/// The latest.
impl Default for Release {
    fn default() -> Self {
        Self::V12_9
    }
}

releases! {
    /// 7.0.0.
    V7_0 = "7.0";
    /// 11.3.0.
    V11_3 = "11.3";
    /// 12.9.0, the default.
    V12_9 = "12.9";
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The error for a text that is not the name of a [`Release`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown libvirt release `{0}`; known releases: {known}", known = names())]
pub struct UnknownRelease(pub String);

fn names() -> String {
    Release::ALL.iter().map(|release| release.name()).collect::<Vec<_>>().join(", ")
}

impl FromStr for Release {
    type Err = UnknownRelease;

    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        let found = Self::ALL.iter().copied().find(|release| release.name() == text);
        found.ok_or_else(|| UnknownRelease(text.to_owned()))
    }
}

/// The releases that a row holds for: from version `since` on, and before version `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    since: Option<Version>,
    until: Option<Version>,
}

impl Span {
    /// Every release.
    pub const ALWAYS: Self = Self { since: None, until: None };

    /// Restricts the span to version `since` and later.
    #[must_use]
    pub const fn since(self, since: &'static str) -> Self {
        Self { since: Some(Version::literal(since)), ..self }
    }

    /// Restricts the span to versions before `until`.
    #[must_use]
    pub const fn until(self, until: &'static str) -> Self {
        Self { until: Some(Version::literal(until)), ..self }
    }

    /// The span from version `since` on and before version `until`, each without a limit where it is `None`.
    pub(crate) const fn between(since: Option<Version>, until: Option<Version>) -> Self {
        Self { since, until }
    }

    /// Whether the span contains `release`.
    pub const fn contains(self, release: Release) -> bool {
        self.contains_version(release.version())
    }

    /// Whether the span contains `version`.
    pub const fn contains_version(self, version: Version) -> bool {
        let begun = match self.since {
            Some(since) => !version.is_before(since),
            None => true,
        };
        let ended = match self.until {
            Some(until) => !version.is_before(until),
            None => false,
        };
        begun && !ended
    }

    /// The releases that the span contains, one bit each.
    pub(crate) const fn bits(self) -> u32 {
        let mut bits = 0;
        let mut rest = Release::ALL;
        while let [release, more @ ..] = rest {
            if self.contains(*release) {
                bits |= release.bit();
            }
            rest = more;
        }
        bits
    }

    /// The first version of the span; `None` where it starts before the oldest release.
    pub const fn first(self) -> Option<Version> {
        self.since
    }

    /// The first version after the span; `None` where it has no end.
    pub const fn end(self) -> Option<Version> {
        self.until
    }
}

/// As in `since 8.2`, `until 9.0`, `since 8.2, until 9.0`; `every release` where there is no limit.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.since, self.until) {
            (Some(since), Some(until)) => write!(f, "since {since}, until {until}"),
            (Some(since), None) => write!(f, "since {since}"),
            (None, Some(until)) => write!(f, "until {until}"),
            (None, None) => f.write_str("every release"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_holds_from_its_start_and_not_at_its_end() {
        let check = |span: Span, expected: [bool; 2]| {
            assert_eq!([Release::V7_0, Release::V11_3].map(|r| span.contains(r)), expected, "{span}");
        };
        check(Span::ALWAYS, [true, true]);
        check(Span::ALWAYS.since("7.0"), [true, true]);
        check(Span::ALWAYS.since("8.2"), [false, true]);
        check(Span::ALWAYS.until("8.2"), [true, false]);
        check(Span::ALWAYS.until("7.0"), [false, false]);
        check(Span::ALWAYS.since("7.1").until("11.3"), [false, false]);
    }

    #[test]
    fn releases_are_in_order_and_spell_their_version() {
        assert!(Release::ALL.is_sorted_by(|a, b| a.version() < b.version()));
        for release in Release::ALL {
            assert_eq!(release.version().to_string().parse(), Ok(*release));
        }
    }

    #[test]
    fn every_convention_tells_two_releases_apart() {
        for convention in Convention::ALL {
            let has = |release: &Release| release.has(*convention);
            let (all, any) = (Release::ALL.iter().all(has), Release::ALL.iter().any(has));
            assert!(any && !all, "{convention:?} {} changes nothing", convention.releases());
        }
    }
}
