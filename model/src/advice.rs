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

pub use edit::{Replacement, apply};

mod edit;

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
}
