//! What is wrong with a member of a value.

use std::fmt;

use virtargv_model::advice::nearest;

/// A member of a value that QEMU does not accept, or is about to drop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Where the member is in the value: `file.filename`, `server.0.port`; empty for the value itself.
    pub path: String,
    /// What is wrong with it.
    pub wrong: Wrong,
}

/// What is wrong with a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// There is no such member.
    Unknown {
        /// The known member that is probably meant.
        nearest: Option<String>,
    },
    /// The member must be there and is not.
    Missing,
    /// The member has a value of another type.
    Type {
        /// The types that are accepted, in the words of JSON.
        expected: String,
        /// The value, as it is written.
        found: String,
    },
    /// The member is not one of the words that are accepted.
    Word {
        /// The word.
        found: String,
        /// The known word that is probably meant.
        nearest: Option<String>,
        /// The words that are accepted.
        known: Vec<String>,
    },
    /// QEMU accepts the member or its value, and will remove it.
    Deprecated,
}

/// The most words that are listed where none is near.
const LISTED: usize = 12;

impl Mismatch {
    pub(crate) fn new(path: &Path<'_>, wrong: Wrong) -> Self {
        Self { path: path.to_string(), wrong }
    }

    /// The member of `path` that is none of `known`.
    pub(crate) fn unknown<'k>(path: &Path<'_>, name: &str, known: impl IntoIterator<Item = &'k str>) -> Self {
        let nearest = nearest(name, known).map(|found| found.word.to_owned());
        Self::new(&path.member(name), Wrong::Unknown { nearest })
    }

    /// The word at `path` that is none of `known`.
    pub(crate) fn word<'k>(
        path: &Path<'_>,
        found: &str,
        known: impl IntoIterator<Item = &'k str> + Clone,
    ) -> Self {
        let near = nearest(found, known.clone()).map(|found| found.word.to_owned());
        let known = known.into_iter().map(str::to_owned).collect();
        Self::new(path, Wrong::Word { found: found.to_owned(), nearest: near, known })
    }

    /// The word `found` of the member `member`, which is none of `known`.
    pub fn word_at<'k>(member: &str, found: &str, known: impl IntoIterator<Item = &'k str> + Clone) -> Self {
        Self::word(&Path::ROOT.member(member), found, known)
    }

    /// Whether QEMU refuses the value for it.
    pub fn is_error(&self) -> bool {
        self.wrong != Wrong::Deprecated
    }

    /// What to do about it, where that can be told.
    pub fn help(&self) -> Option<String> {
        match &self.wrong {
            Wrong::Unknown { nearest: Some(word) } | Wrong::Word { nearest: Some(word), .. } => {
                Some(format!("did you mean `{word}`?"))
            }
            Wrong::Word { known, .. } if known.len() <= LISTED => {
                Some(format!("QEMU accepts {}", quoted(known)))
            }
            Wrong::Type { expected, .. } => Some(format!("QEMU expects {expected}")),
            _ => None,
        }
    }
}

fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The member and what is wrong with it, on one line.
impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str("the value")?;
        } else {
            write!(f, "`{}`", self.path)?;
        }
        match &self.wrong {
            Wrong::Unknown { .. } => f.write_str(" is not known"),
            Wrong::Missing => f.write_str(" is missing"),
            Wrong::Type { expected, found } => write!(f, " is {found}, which is not {expected}"),
            Wrong::Word { found, .. } => write!(f, " is `{found}`, which is not one of its words"),
            Wrong::Deprecated => f.write_str(" is deprecated"),
        }
    }
}

/// A path from a value to one of its members, as long as it is walked.
#[derive(Clone, Copy)]
pub(crate) struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    step: Step<'p>,
    depth: usize,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Member(&'p str),
    Index(usize),
}

impl<'p> Path<'p> {
    pub(crate) const ROOT: Path<'static> = Path { parent: None, step: Step::Root, depth: 0 };

    pub(crate) fn member(&'p self, name: &'p str) -> Self {
        Self { parent: Some(self), step: Step::Member(name), depth: self.depth + 1 }
    }

    pub(crate) fn index(&'p self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index), depth: self.depth + 1 }
    }

    /// The number of steps.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
            if parent.parent.is_some() {
                f.write_str(".")?;
            }
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Member(name) => f.write_str(name),
            Step::Index(index) => write!(f, "{index}"),
        }
    }
}
