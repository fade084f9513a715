//! Enumerations and their spellings: one row a value, from which parsing, formatting and messages derive.

use std::fmt::Debug;

use crate::Version;

/// A value that the domain format spells as one fixed word.
pub trait Spelled: Copy + Debug + 'static {
    /// Every value, in the order of the table.
    const ALL: &'static [Self];

    /// The word the format uses.
    fn as_str(self) -> &'static str;

    /// The version of libvirt that brought the word; `None` where every release followed has it.
    fn since(self) -> Option<Version> {
        None
    }

    /// The value that `word` spells, compared exactly.
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|v| v.as_str() == word)
    }
}

/// A word that spells no value of the enumeration asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown value '{word}' (known: {known})")]
pub struct Unknown {
    /// What was written.
    pub word: String,
    /// The words that would have been understood, separated by commas.
    pub known: String,
}

impl Unknown {
    /// The error for `word` not being one of `T`'s.
    pub fn of<T: Spelled>(word: &str) -> Self {
        let known: Vec<&str> = T::ALL.iter().map(|v| v.as_str()).collect();
        Self { word: word.to_owned(), known: known.join(", ") }
    }
}

/// Defines an enumeration with one spelling a row.
///
/// `spelled! { /// doc \n pub enum Name { /// doc \n Variant = "word", ... } }` gives the enum (Copy, Eq, Hash,
/// Ord), [`Spelled`], `Display`, `FromStr`. A word that came later than the oldest release followed says so:
/// `Variant = "word" since "8.2"`; reading refuses it under earlier releases.
macro_rules! spelled {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal $(since $since:literal)?),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $crate::Spelled for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
            fn since(self) -> Option<$crate::Version> {
                match self {
                    $($(Self::$variant => const { Some($crate::Version::literal($since)) },)?)+
                    #[allow(unreachable_patterns)]
                    _ => None,
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
    /// A switch spelled `yes` or `no`; an absent attribute is `None` of an `Option`.
    pub enum YesNo {
        /// `yes`
        Yes = "yes",
        /// `no`
        No = "no",
    }
}

spelled! {
    /// A switch spelled `on` or `off`; an absent attribute is `None` of an `Option`.
    pub enum OnOff {
        /// `on`
        On = "on",
        /// `off`
        Off = "off",
    }
}

impl YesNo {
    /// Whether this is `yes`.
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
    /// Whether this is `on`.
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

impl From<bool> for OnOff {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}
