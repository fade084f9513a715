//! One element of a document: what the readers ask it for.

use std::borrow::Cow;
use std::ops::Range;

use super::{DEVICES, Elements, QEMU_PREFIX};
use crate::read::asked::{Asked, Question};
use crate::read::table::{Attribute, Row, Text, mark};
use crate::{Message, Place, Pos, qemu_ns};

/// The children of an element: siblings from row `next` to before row `end`.
struct Children<'a> {
    elements: &'a Elements<'a>,
    next: u32,
    end: u32,
}

impl<'a> Iterator for Children<'a> {
    type Item = El<'a>;

    #[inline]
    fn next(&mut self) -> Option<El<'a>> {
        if self.next >= self.end {
            return None;
        }
        let row = self.elements.table.rows.get(self.next as usize)?;
        self.next = row.end;
        Some(El { row, elements: self.elements })
    }
}

/// An element of the document.
#[derive(Debug, Clone, Copy)]
pub struct El<'a> {
    pub(super) row: &'a Row<'a>,
    /// The elements of the whole document.
    pub(super) elements: &'a Elements<'a>,
}

impl<'a> El<'a> {
    /// The node in the parser's tree; `None` in a document that is read without it, which has no `<metadata>`.
    pub(crate) fn node(self) -> Option<roxmltree::Node<'a, 'a>> {
        self.elements.tree?.get_node(self.row.node?)
    }

    /// Its attributes, in the order of the text. That they are read is not recorded.
    #[inline]
    pub(crate) fn attributes(self) -> &'a [Attribute<'a>] {
        let (first, end) = self.row.attributes;
        self.elements.table.attributes.get(first as usize..end as usize).unwrap_or_default()
    }

    /// The attribute `name`. That it is read is not recorded.
    #[inline]
    pub(crate) fn attribute(self, name: &str) -> Option<&'a str> {
        if self.row.attribute_marks & mark(name) == 0 {
            return None;
        }
        let found = self.attributes().iter().find(|known| known.name == name && !known.is_foreign);
        found.map(|attribute| attribute.value)
    }

    /// The name without prefix.
    pub fn name(self) -> &'a str {
        self.row.name
    }

    /// The namespace, where it has one.
    pub fn namespace(self) -> Option<&'a str> {
        self.node()?.tag_name().namespace()
    }

    /// Place of the element in the text.
    pub fn pos(self) -> Pos {
        Pos::at((self.row.start as usize).saturating_add(self.elements.base))
    }

    /// The place of the bytes `range` of the text that it was read from.
    pub(crate) fn place_of(self, range: Range<usize>) -> Place {
        let moved = |offset: usize| offset.saturating_add(self.elements.base);
        Place::bytes(moved(range.start)..moved(range.end))
    }

    /// The attribute `name` as written.
    pub fn get(self, name: &str) -> Option<&'a str> {
        if let Some(asked) = &self.elements.asked {
            self.record_attribute(asked, name);
        }
        self.attribute(name)
    }

    /// As [`El::get`], of an attribute whose words `words` tells.
    pub(in crate::read) fn get_word(
        self,
        name: &str,
        words: impl FnOnce() -> Vec<&'static str>,
    ) -> Option<&'a str> {
        if let Some(asked) = &self.elements.asked {
            asked.question(self.row.index, || Question::Words(name.to_owned(), words()));
            self.record_attribute(asked, name);
        }
        self.attribute(name)
    }

    #[cold]
    fn record_attribute(self, asked: &Asked, name: &str) {
        asked.question(self.row.index, || Question::Attribute(name.to_owned()));
        let mut attributes = self.attributes().iter();
        if let Some(number) = attributes.position(|known| known.name == name && !known.is_foreign) {
            asked.attribute(self.row.index, number);
        }
    }

    /// Records that the element was asked for its children `name`, of which the first `count` are read.
    #[cold]
    fn record_children(self, asked: &Asked, name: &str, count: usize) {
        asked.question(self.row.index, || Question::Child(name.to_owned()));
        if count == usize::MAX {
            asked.question(self.row.index, || Question::List(name.to_owned()));
        }
        for child in self.elements().filter(|child| child.name() == name).take(count) {
            asked.element(child.row.index);
        }
    }

    /// As [`El::child`], recorded.
    #[cold]
    fn recorded_child(self, asked: &Asked, name: &str) -> Option<El<'a>> {
        self.record_children(asked, name, 1);
        self.elements().find(|e| e.name() == name)
    }

    /// Notes that the element was read, where that is recorded.
    pub(in crate::read) fn note(self) {
        if let Some(asked) = &self.elements.asked {
            asked.element(self.row.index);
        }
    }

    /// Notes that the text was read, where that is recorded.
    #[inline]
    fn note_text(self) {
        if let Some(asked) = &self.elements.asked {
            asked.text(self.row.index);
        }
    }

    /// Whether it is recorded what is read.
    pub(in crate::read) fn is_recorded(self) -> bool {
        self.elements.asked.is_some()
    }

    /// Notes a question other than for an attribute or a child, where names are recorded.
    #[inline]
    pub(crate) fn question(self, question: impl FnOnce() -> Question) {
        if let Some(asked) = &self.elements.asked {
            asked.question(self.row.index, question);
        }
    }

    /// Records that the value at `place` is ignored.
    pub(crate) fn ignored(self, place: Place, message: impl FnOnce(Place) -> Message) {
        if let Some(asked) = &self.elements.asked {
            asked.ignored(place.clone(), message(place));
        }
    }

    /// Records that the attribute `name` is ignored, where it is none of `words`.
    pub(crate) fn ignored_word(self, name: &'static str, words: &[&'static str]) {
        let Some(text) = self.get(name).filter(|text| self.is_recorded() && !words.contains(text)) else {
            return;
        };
        // That its text is ignored too follows.
        self.note_text();
        self.ignored(self.pos().attr(name), |place| {
            let what = format!("value `{text}` of `{name}` of `<{}>` is ignored", self.name());
            Message::new(what).with_words(place, text, words.to_vec())
        });
    }

    /// The number of the first element after those in this one.
    pub(crate) fn end_row(self) -> u32 {
        self.row.end
    }

    /// The number of the element in the document.
    pub(crate) fn row(self) -> u32 {
        self.row.index
    }

    /// The attribute `name` as an owned string.
    pub fn string(self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// The element and all elements in it.
    pub(crate) fn subtree(self) -> impl Iterator<Item = El<'a>> {
        let all = &self.elements.table.rows;
        let rows = all.get(self.row.index as usize..self.row.end as usize).unwrap_or_default();
        rows.iter().map(move |row| El { row, elements: self.elements })
    }

    /// The child elements, in document order. That they are read is not recorded.
    pub fn elements(self) -> impl Iterator<Item = El<'a>> {
        let row = self.row;
        Children { elements: self.elements, next: row.index.saturating_add(1), end: row.end }
    }

    /// The child elements, in document order, of which each is read or refused by its name.
    pub fn every(self) -> impl Iterator<Item = El<'a>> {
        if self.is_recorded() {
            self.elements().for_each(El::note);
        }
        self.elements()
    }

    /// As [`El::every`], where the names are the words of `T`.
    pub fn every_of<T: crate::Spelled>(self) -> impl Iterator<Item = El<'a>> {
        if let Some(asked) = &self.elements.asked {
            for word in T::ALL {
                self.record_children(asked, word.as_str(), 0);
            }
        }
        self.every()
    }

    /// The child elements called one of `names`.
    pub fn any_of(self, names: &'static [&'static str]) -> impl Iterator<Item = El<'a>> {
        if let Some(asked) = &self.elements.asked {
            for name in names {
                self.record_children(asked, name, usize::MAX);
            }
        }
        self.elements().filter(|child| names.contains(&child.name()))
    }

    /// The child elements called `name` in libvirt's namespace for QEMU.
    pub(crate) fn qemu_children(self, name: &str) -> impl Iterator<Item = El<'a>> {
        self.question(|| Question::Child(format!("{QEMU_PREFIX}{name}")));
        self.question(|| Question::List(format!("{QEMU_PREFIX}{name}")));
        let candidates = self.may_have(name).then(|| self.elements());
        let is_it = move |el: &El<'a>| el.name() == name && el.namespace() == Some(qemu_ns::NAMESPACE);
        candidates.into_iter().flatten().filter(is_it).inspect(|el| el.note())
    }

    /// The child elements called `name`.
    pub fn children(self, name: &str) -> impl Iterator<Item = El<'a>> {
        if let Some(asked) = &self.elements.asked {
            self.record_children(asked, name, usize::MAX);
        }
        let candidates = self.may_have(name).then(|| self.elements());
        candidates.into_iter().flatten().filter(move |e| e.name() == name)
    }

    /// The first child element called `name`.
    pub fn child(self, name: &str) -> Option<El<'a>> {
        if !self.may_have(name) {
            return None;
        }
        match &self.elements.asked {
            None => self.elements().find(|e| e.name() == name),
            Some(asked) => self.recorded_child(asked, name),
        }
    }

    /// Whether there can be a child called `name`.
    #[inline]
    fn may_have(self, name: &str) -> bool {
        self.row.marks & mark(name) != 0
    }

    /// The text: all texts in the element and its descendants, joined, as for XPath.
    pub fn text(self) -> String {
        self.text_ref().into_owned()
    }

    /// The texts in the element and its descendants.
    fn texts(self) -> &'a [Text<'a>] {
        let (first, end) = self.row.texts;
        self.elements.table.texts.get(first as usize..end as usize).unwrap_or_default()
    }

    /// The texts in the element itself. That they are read is not recorded.
    pub(crate) fn own_texts(self) -> impl Iterator<Item = &'a Text<'a>> {
        let start = self.row.start;
        self.texts().iter().filter(move |text| text.around == start)
    }

    /// As [`El::text`], borrowed where it is one text node.
    pub fn text_ref(self) -> Cow<'a, str> {
        self.note_text();
        let mut texts = self.texts().iter().map(|text| text.content);
        let mut all = Cow::Borrowed(texts.next().unwrap_or(""));
        // Comments and elements in between divide the text.
        texts.for_each(|more| all.to_mut().push_str(more));
        all
    }

    /// The text of the first child called `name`; an empty text is read as absent, as libvirt does where it reads an
    /// element by XPath.
    pub fn child_text(self, name: &str) -> Option<String> {
        self.child(name).map(El::text).filter(|text| !text.is_empty())
    }

    /// Whether it is `<domain>`: the root element, unless that is a device.
    pub(crate) fn is_domain(self) -> bool {
        self.row.around.is_none() && !self.elements.is_device
    }

    /// Whether it is a child of `<domain>`.
    pub(crate) fn is_section(self) -> bool {
        self.parent().is_some_and(El::is_domain)
    }

    /// Whether it is a child of `<devices>`, or the root element of the document of a device.
    pub(crate) fn is_device(self) -> bool {
        match self.parent() {
            None => self.elements.is_device,
            Some(around) => around.name() == DEVICES && around.is_section(),
        }
    }

    /// The name of the element around it, which the document of a device does not have; empty for `<domain>`.
    pub(crate) fn outer_name(self) -> &'a str {
        match self.parent() {
            Some(around) => around.name(),
            None if self.elements.is_device => DEVICES,
            None => "",
        }
    }

    /// The parent element.
    pub fn parent(self) -> Option<El<'a>> {
        let row = self.elements.table.rows.get(self.row.around? as usize)?;
        Some(El { row, elements: self.elements })
    }
}
