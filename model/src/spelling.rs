//! Enumerations of the domain format and their words. Parsing, formatting and messages are derived from one row for
//! each value.

use std::fmt::Debug;

use crate::Span;

/// A value that the domain format spells as one fixed word.
pub trait Spelled: Copy + Debug + 'static {
    /// Every value, in the order of the table.
    const ALL: &'static [Self];

    /// The word of the domain format.
    fn as_str(self) -> &'static str;

    /// The releases of libvirt that have the word.
    fn releases(self) -> Span {
        Span::ALWAYS
    }

    /// Whether the word is for the QEMU driver. Words for other hypervisors are read, and not suggested.
    fn is_for_qemu(self) -> bool {
        true
    }

    /// The value that `word` spells, compared exactly.
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|v| v.as_str() == word)
    }
}

/// The error for a word that spells no value of an enumeration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown value `{word}` (known: {known})")]
pub struct Unknown {
    /// The word.
    pub word: String,
    /// The words that are known, separated by commas.
    pub known: String,
}

impl Unknown {
    /// The error for `word`, which spells no value of `T`.
    pub fn of<T: Spelled>(word: &str) -> Self {
        let known: Vec<&str> = T::ALL.iter().map(|v| v.as_str()).collect();
        Self { word: word.to_owned(), known: known.join(", ") }
    }
}

/// Defines an enumeration, with one row for each value.
///
/// `spelled! { /// doc \n pub enum Name { /// doc \n Variant = "word", ... } }` defines the enum (Copy, Eq, Hash, Ord),
/// [`Spelled`], `Display`, `FromStr`. A word that not every release has names the versions that added or removed it:
/// `Variant = "word" since "8.2" until "12.0"`; reading refuses the word under other releases. A word for another
/// hypervisor than QEMU names it: `Variant = "word" of "Xen"`.
macro_rules! spelled {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal $(since $since:literal)? $(until $until:literal)? $(of $hypervisor:literal)?),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $crate::Spelled for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
            fn is_for_qemu(self) -> bool {
                match self { $(Self::$variant => { const OTHERS: &[&str] = &[$($hypervisor)?]; OTHERS.is_empty() })+ }
            }
            fn releases(self) -> $crate::Span {
                match self {
                    $(Self::$variant => const { $crate::Span::ALWAYS$(.since($since))?$(.until($until))? },)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::Spelled::as_str(*self))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::Unknown;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                <Self as $crate::Spelled>::from_word(word).ok_or_else(|| $crate::Unknown::of::<Self>(word))
            }
        }
    };
}

spelled! {
    /// A switch spelled `yes` or `no`.
    pub enum YesNo {
        /// `yes`
        Yes = "yes",
        /// `no`
        No = "no",
    }
}

spelled! {
    /// A switch spelled `on` or `off`.
    pub enum OnOff {
        /// `on`
        On = "on",
        /// `off`
        Off = "off",
    }
}

impl YesNo {
    /// Whether the switch is `yes`.
    pub fn is_yes(self) -> bool {
        self == Self::Yes
    }
}

impl From<bool> for YesNo {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

impl OnOff {
    /// Whether the switch is `on`.
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

impl From<bool> for OnOff {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

#[cfg(test)]
mod tests {
    use super::Spelled as _;
    use crate::Release;

    spelled! {
        /// Words that releases added and removed.
        pub enum Word {
            /// In every release.
            Always = "always",
            /// Added.
            Added = "added" since "8.2",
            /// Removed.
            Removed = "removed" until "8.2",
            /// Added and removed again.
            Between = "between" since "8.2" until "8.3",
        }
    }

    #[test]
    fn a_word_is_in_the_releases_of_its_row() {
        let check = |word: Word, v7_0: bool, v11_3: bool| {
            let releases = word.releases();
            assert_eq!((releases.contains(Release::V7_0), releases.contains(Release::V11_3)), (v7_0, v11_3));
        };
        check(Word::Always, true, true);
        check(Word::Added, false, true);
        check(Word::Removed, true, false);
        check(Word::Between, false, false);
    }
}
