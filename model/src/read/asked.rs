//! What the readers ask of the elements of a document.
//!
//! An ordinary document is read without this record. With it, one bit an attribute and one an element tell what of the
//! document was read; with [`Asked::with_names`] the names that were asked for are kept too, also those that the document
//! does not have.

use std::cell::{Cell, RefCell};

use crate::{Message, Place};

/// What a reader asked an element for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Question {
    /// A child element of this name.
    Child(String),
    /// The child elements of this name, of which each is read.
    List(String),
    /// An attribute of this name.
    Attribute(String),
    /// An attribute of this name that has one of these words.
    Words(String, Vec<&'static str>),
    /// A text that is one of these words.
    TextWords(Vec<&'static str>),
    /// A name that came to the format with this version of libvirt.
    Since(String, &'static str),
}

/// The bit that says that the element itself was read.
const ELEMENT: u32 = u64::BITS - 1;

/// The bit that says that the text of the element was read.
const TEXT: u32 = ELEMENT - 1;

/// The record of one reading.
#[derive(Debug)]
pub(crate) struct Asked {
    /// For each element a bit for each attribute, in the order of the text, and [`ELEMENT`].
    read: Vec<Cell<u64>>,
    names: Option<RefCell<Vec<(u32, Question)>>>,
    /// The values that libvirt ignores, as if they were not there.
    ignored: RefCell<Vec<(Place, Message)>>,
}

impl Asked {
    /// The record of what is read of a document with `count` elements.
    pub(crate) fn new(count: usize) -> Self {
        Self { read: vec![Cell::new(0); count], names: None, ignored: RefCell::default() }
    }

    /// As [`Asked::new`], with the names that are asked for.
    pub(crate) fn with_names(count: usize) -> Self {
        Self { names: Some(RefCell::default()), ..Self::new(count) }
    }

    /// Notes that the element in `row` was read.
    pub(crate) fn element(&self, row: u32) {
        self.set(row, ELEMENT);
    }

    /// Notes that the text of the element in `row` was read.
    pub(crate) fn text(&self, row: u32) {
        self.set(row, TEXT);
    }

    /// Whether the text of the element in `row` was read.
    pub(crate) fn has_text(&self, row: u32) -> bool {
        self.has(row, TEXT)
    }

    /// Notes that an attribute of the element in `row` was read, by its number. No element that is read quickly has so many
    /// attributes that they need more bits; the last bit stands for all others.
    pub(crate) fn attribute(&self, row: u32, number: usize) {
        self.set(row, bit(number));
    }

    fn set(&self, row: u32, bit: u32) {
        if let Some(read) = self.read.get(row as usize) {
            read.set(read.get() | 1 << bit);
        }
    }

    /// Whether the element in `row` was read.
    pub(crate) fn has_element(&self, row: u32) -> bool {
        self.has(row, ELEMENT)
    }

    /// Whether an attribute of the element in `row` was read.
    pub(crate) fn has_attribute(&self, row: u32, number: usize) -> bool {
        self.has(row, bit(number))
    }

    fn has(&self, row: u32, bit: u32) -> bool {
        self.read.get(row as usize).is_some_and(|read| read.get() & 1 << bit != 0)
    }

    /// Notes what the element in `row` was asked for, where names are kept.
    pub(crate) fn question(&self, row: u32, question: impl FnOnce() -> Question) {
        if let Some(names) = &self.names {
            names.borrow_mut().push((row, question()));
        }
    }

    /// Notes that the value at `place` is ignored.
    pub(crate) fn ignored(&self, place: Place, message: Message) {
        self.ignored.borrow_mut().push((place, message));
    }

    /// The values that are ignored, each with what is told of it, in the order in which they were read.
    pub(crate) fn take_ignored(&self) -> Vec<(Place, Message)> {
        self.ignored.take()
    }

    /// The questions that were asked, each with the row of its element.
    pub(crate) fn into_questions(self) -> Vec<(u32, Question)> {
        self.names.map(RefCell::into_inner).unwrap_or_default()
    }
}

/// The bit of an attribute.
fn bit(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX).min(TEXT - 1)
}
