//! Names of properties.

use std::borrow::Cow;
use std::fmt;

/// The name of a property: 16 bytes, because a command line of a large guest has tens of thousands.
#[derive(Clone)]
pub(crate) enum PropertyName {
    /// A word of this crate.
    Word(&'static str),
    /// A name that is made of words and numbers, or of the document. It is rare, so that two steps to it cost nothing.
    Made(Box<Box<str>>),
}

impl PropertyName {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Word(word) => word,
            Self::Made(name) => name,
        }
    }
}

impl From<Cow<'static, str>> for PropertyName {
    fn from(name: Cow<'static, str>) -> Self {
        match name {
            Cow::Borrowed(word) => Self::Word(word),
            Cow::Owned(name) => Self::Made(Box::new(name.into_boxed_str())),
        }
    }
}

/// By text: how it is kept is no difference.
impl PartialEq for PropertyName {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for PropertyName {}

impl fmt::Debug for PropertyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}
