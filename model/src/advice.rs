//! What a problem says besides its message: further places, what to do, and edits of the text that do it.
//!
//! ```
//! use virtargv_model::{Edit, Label, Place, Source, advice};
//!
//! let text = "<disk device='cdrmo'/>";
//! let source = Source::new(text);
//! // A place may be one that a rule has (`pos.attr("device")`), or the bytes of an element or attribute.
//! let edit = Edit::value(Place::bytes(6..20), "cdrom");
//! let replacements = source.replacements(&[edit]).expect("the attribute is in the text");
//! assert_eq!(advice::apply(text, replacements), "<disk device='cdrom'/>");
//! # let _ = Label { place: Place::bytes(0..1), text: String::new() };
//! ```

use std::ops::Range;

use crate::Place;

pub use edit::{Fixes, Replacement, apply};
pub use nearest::{Nearest, did_you_mean, list, nearest, one_of};

mod edit;
mod nearest;

/// A further place of a problem, and what is there: the other device at an address, the tag that opens an element.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The place in the text.
    pub place: Place,
    /// What is there, in a few words.
    pub text: String,
}

/// A change of the text that mends a problem. [`Source::replacements`](crate::Source::replacements) says which bytes
/// that are.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The attribute or element that is changed. One that is given by bytes ([`Place::bytes`]) is the attribute that has
    /// the first of them, else the element whose start tag has it.
    pub place: Place,
    /// What is changed.
    pub change: Change,
}

/// What an [`Edit`] changes. Values are as a reader of the document sees them: they are escaped when they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The value of an attribute, or the content of an element.
    Value(String),
    /// The name of an attribute or element.
    Name(String),
    /// The attribute or element is removed; an element with what is in it.
    Remove,
    /// The element gets an attribute, or the attribute of that name another value.
    Attribute {
        /// The name of the attribute.
        name: String,
        /// Its value.
        value: String,
    },
    /// The element gets a child element after those that it has. This is XML text.
    Child(String),
    /// The bytes of the place are replaced by this text, as it is.
    Text(String),
}

impl Edit {
    /// Replaces the value of an attribute or the content of an element.
    pub fn value(place: impl Into<Place>, value: impl Into<String>) -> Self {
        Self { place: place.into(), change: Change::Value(value.into()) }
    }

    /// Renames an attribute or element.
    pub fn name(place: impl Into<Place>, name: impl Into<String>) -> Self {
        Self { place: place.into(), change: Change::Name(name.into()) }
    }

    /// Removes an attribute or element.
    pub fn remove(place: impl Into<Place>) -> Self {
        Self { place: place.into(), change: Change::Remove }
    }

    /// Sets an attribute of the element at `place`.
    pub fn attribute(place: impl Into<Place>, name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { place: place.into(), change: Change::Attribute { name: name.into(), value: value.into() } }
    }

    /// Adds a child element, given as XML text, to the element at `place`.
    pub fn child(place: impl Into<Place>, xml: impl Into<String>) -> Self {
        Self { place: place.into(), change: Change::Child(xml.into()) }
    }

    /// Replaces the bytes `range` by `text`, as it is.
    pub fn text(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { place: Place::bytes(range), change: Change::Text(text.into()) }
    }
}

/// What a problem says besides its message.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Advice {
    pub(crate) labels: Vec<Label>,
    /// What to do; `None` where the rule's help says it.
    pub(crate) help: Option<String>,
    pub(crate) edits: Vec<Edit>,
    pub(crate) choices: Option<Choices>,
}

/// A value that is none of the words of its list.
#[derive(Debug, Clone, PartialEq)]
pub struct Choices {
    /// The attribute or element that has the value.
    pub place: Place,
    /// The value.
    pub word: String,
    /// The words that the domain format has there, for guests of QEMU. Which of them the rest of the document leaves is
    /// found out with [`Report::narrow`](crate::Report::narrow).
    pub allowed: Vec<&'static str>,
    /// What is meant where the value belongs in another attribute.
    pub instead: Option<&'static str>,
}

impl Advice {
    /// Writes help and edit by the choices.
    pub(crate) fn choose(&mut self) {
        let Some(Choices { place, word, allowed, instead }) = &self.choices else { return };
        if let Some(instead) = instead {
            self.help = Some(format!("did you mean {instead}? Allowed: {}", list(allowed.iter().copied())));
            return;
        }
        let found = nearest(word, allowed.iter().copied());
        self.help = match (found, allowed.as_slice()) {
            (_, []) => return,
            (_, [only]) => Some(format!("use `{only}`")),
            (None, allowed) => Some(format!("use {}", one_of(allowed))),
            (found, allowed) => {
                Some(format!("{} Allowed: {}", did_you_mean(found), list(allowed.iter().copied())))
            }
        };
        let sure = found.filter(|found| found.is_sure);
        self.edits = sure.map(|found| Edit::value(place.clone(), found.word)).into_iter().collect();
    }
}

/// What a problem says: its message, and what [`Problem`](crate::Problem) has besides. A text is one without more.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub(crate) text: String,
    pub(crate) advice: Option<Box<Advice>>,
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self { text, advice: None }
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl Message {
    /// A message without more.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), advice: None }
    }

    /// With a further place, and what is there.
    #[must_use]
    pub fn with_label(mut self, place: impl Into<Place>, text: impl Into<String>) -> Self {
        let label = Label { place: place.into(), text: text.into() };
        self.advice.get_or_insert_default().labels.push(label);
        self
    }

    /// With the place of the first of several elements or attributes of which there may be one.
    #[must_use]
    pub fn with_first(self, place: impl Into<Place>) -> Self {
        self.with_label(place, "the first is here")
    }

    /// With help of its own, in place of the rule's.
    #[must_use]
    pub fn with_help(mut self, text: impl Into<String>) -> Self {
        self.advice.get_or_insert_default().help = Some(text.into());
        self
    }

    /// With an edit that is sure to mend the problem, together with the others.
    #[must_use]
    pub fn with_edit(mut self, edit: Edit) -> Self {
        self.advice.get_or_insert_default().edits.push(edit);
        self
    }

    /// With the question whether the nearest of `known` was meant, and `more` that there is to say. Where that is sure,
    /// `place` gets it.
    #[must_use]
    pub fn with_nearest<'a>(
        self,
        place: impl Into<Place>,
        word: &str,
        known: impl IntoIterator<Item = &'a str>,
        more: &str,
    ) -> Self {
        let found = nearest(word, known);
        let help = match (did_you_mean(found).as_str(), more) {
            ("", "") => return self,
            ("", more) => more.to_owned(),
            (question, "") => question.to_owned(),
            (question, more) => format!("{question} Else {more}"),
        };
        let message = self.with_help(help);
        match found.filter(|found| found.is_sure) {
            Some(found) => message.with_edit(Edit::value(place, found.word)),
            None => message,
        }
    }

    /// With the question whether the nearest of the words that are allowed was meant, and their list. Where that is sure,
    /// `place` gets it.
    #[must_use]
    pub fn with_words(mut self, place: impl Into<Place>, word: &str, allowed: Vec<&'static str>) -> Self {
        let advice = self.advice.get_or_insert_default();
        advice.choices = Some(Choices { place: place.into(), word: word.to_owned(), allowed, instead: None });
        advice.choose();
        self
    }

    /// With what is meant where the value belongs in another attribute.
    #[must_use]
    pub(crate) fn with_instead(mut self, instead: Option<&'static str>) -> Self {
        let advice = self.advice.as_mut();
        if let (Some(advice), Some(instead)) = (advice, instead)
            && let Some(choices) = &mut advice.choices
        {
            choices.instead = Some(instead);
            advice.choose();
        }
        self
    }
}
