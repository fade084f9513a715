//! The XML tree, within limits, and the elements of a document in an order that is quick to look up.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use super::asked::{Asked, Question};
use super::plain;
use super::table::{Attribute, Row, Table, Text, Tree, mark};
use crate::{Message, Place, Pos, qemu_ns, xml};

/// The largest document that is read, in bytes. It holds some 50 000 disks and bounds the memory that reading takes.
pub const MAX_DOCUMENT: usize = 16 << 20;

/// The error for a text that is not well-formed XML.
pub(crate) struct Unreadable {
    pub(crate) offset: usize,
    pub(crate) message: Message,
}

/// The most nodes of the tree of `text`. Documents have a node in some 20 bytes. With this limit memory stays within a few
/// times the size of the text.
fn most_nodes(text: &str) -> u32 {
    u32::try_from(text.len() / 10).unwrap_or(u32::MAX).saturating_add(10_000)
}

/// Parses `text` within the limits for the readers.
pub(crate) fn tree(text: &str) -> Result<Tree<'_>, Unreadable> {
    match plain::read(text, most_nodes(text).saturating_sub(1) as usize) {
        Some(table) => Ok(Tree::Plain(table)),
        None => document(text).map(Tree::Full),
    }
}

/// Parses `text` within the limits, without document type declarations, whose entities could expand.
pub(crate) fn document(text: &str) -> Result<roxmltree::Document<'_>, Unreadable> {
    if let Some((offset, limit)) = xml::beyond_limits(text) {
        return Err(Unreadable { offset, message: Message::new(limit.to_string()).with_help(limit.help()) });
    }
    let options =
        roxmltree::ParsingOptions { allow_dtd: false, nodes_limit: most_nodes(text), ..Default::default() };
    roxmltree::Document::parse_with_options(text, options).map_err(|error| {
        let is_cut_off = matches!(error, roxmltree::Error::UnclosedRootNode);
        let offset = if is_cut_off { text.trim_end().len() } else { offset_of(text, error.pos()) };
        Unreadable { offset, message: super::malformed::message(text, &error, offset) }
    })
}

/// The byte offset of a line and column as the XML parser counts them: both from 1, columns in characters.
fn offset_of(text: &str, pos: roxmltree::TextPos) -> usize {
    let row = (pos.row as usize).saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(row).map(str::len).sum();
    let column = (pos.col as usize).saturating_sub(1);
    let line = text.get(start..).unwrap_or("");
    start + line.char_indices().nth(column).map_or(line.len(), |(i, _)| i)
}

/// The element around all devices of a domain.
const DEVICES: &str = "devices";

/// The usual prefix of libvirt's namespace for QEMU.
pub(crate) const QEMU_PREFIX: &str = "qemu:";

/// The children of `<domain>` of which libvirt reads those of all, as one, where a document has several: it finds what is
/// in them by XPath.
pub(crate) const MERGED: &[&str] = &[
    "blkiotune",
    "clock",
    "cputune",
    "devices",
    "features",
    "idmap",
    "iothreadids",
    "keywrap",
    "memoryBacking",
    "memtune",
    "os",
    "perf",
    "pm",
    "throttlegroups",
    "vcpus",
];

/// The elements of a document, in document order. They are looked up by name many times, so texts and comments are left
/// out and the names are kept together.
#[derive(Debug)]
pub(crate) struct Elements<'a> {
    table: Table<'a>,
    /// The parser's tree, where it was needed.
    tree: Option<&'a roxmltree::Document<'a>>,
    /// The rows by the byte offset of their element, where sections were merged.
    by_offset: Vec<u32>,
    /// What the readers ask for, where that is recorded.
    asked: Option<Box<Asked>>,
    /// What is added to the byte offset of a part to get its place, see [`Elements::of_device`].
    base: usize,
    /// Whether the root element is a device.
    is_device: bool,
}

impl<'a> Elements<'a> {
    /// The elements of `tree`, which has none afterwards.
    pub(crate) fn of<'t: 'a>(tree: &'a mut Tree<'t>) -> Self {
        let mut elements = Self::in_order(tree);
        if elements.has_sections_to_merge() {
            elements.merge_sections();
        }
        elements.mark_names();
        elements
    }

    /// As [`Elements::of`], of the document of a device, with the places that they have where their text stands `base` bytes
    /// behind the start of another.
    pub(crate) fn of_device<'t: 'a>(tree: &'a mut Tree<'t>, base: usize) -> Self {
        let mut elements = Self { base, is_device: true, ..Self::in_order(tree) };
        elements.mark_names();
        elements
    }

    /// The elements of `tree` in the order of the text.
    fn in_order<'t: 'a>(tree: &'a mut Tree<'t>) -> Self {
        let (table, tree) = match tree {
            Tree::Plain(table) => (std::mem::take(table), None),
            Tree::Full(tree) => {
                let tree: &'a roxmltree::Document<'a> = tree;
                (Table::of(tree), Some(tree))
            }
        };
        Self { table, tree, by_offset: Vec::new(), asked: None, base: 0, is_device: false }
    }

    /// The elements, which record what readers ask for.
    pub(crate) fn recording(mut self) -> Self {
        self.asked = Some(Box::new(Asked::new(self.table.rows.len())));
        self
    }

    /// As [`Elements::recording`], with the names that are asked for.
    pub(crate) fn recording_names(mut self) -> Self {
        self.asked = Some(Box::new(Asked::with_names(self.table.rows.len())));
        // Every element is searched for every name.
        self.table.rows.iter_mut().for_each(|row| row.marks = u64::MAX);
        self
    }

    /// The record of what was asked for.
    pub(crate) fn asked(&self) -> Option<&Asked> {
        self.asked.as_deref()
    }

    /// As [`Elements::asked`], by value.
    pub(crate) fn into_asked(self) -> Option<Asked> {
        self.asked.map(|asked| *asked)
    }

    /// Notes the names of the attributes and children of every row.
    fn mark_names(&mut self) {
        let Table { rows, attributes, .. } = &mut self.table;
        for row in &mut *rows {
            let (first, end) = row.attributes;
            let own = attributes.get(first as usize..end as usize).unwrap_or_default();
            row.attribute_marks = own.iter().fold(0, |marks, attribute| marks | mark(attribute.name));
        }
        for at in 1..self.table.rows.len() {
            if let Some(Row { name, around: Some(around), .. }) = self.table.rows.get(at)
                && let (around, mark) = (*around, mark(name))
                && let Some(row) = self.table.rows.get_mut(around as usize)
            {
                row.marks |= mark;
            }
        }
    }

    /// The element whose place is the byte `offset`.
    pub(crate) fn at(&'a self, offset: usize) -> Option<El<'a>> {
        let offset = offset.checked_sub(self.base)?;
        let start = |row: &Row<'a>| row.start as usize;
        let row = if self.by_offset.is_empty() {
            self.table.rows.binary_search_by_key(&offset, start).ok()?
        } else {
            let key = |index: &u32| self.table.rows.get(*index as usize).map_or(usize::MAX, start);
            let at = self.by_offset.binary_search_by_key(&offset, key).ok()?;
            *self.by_offset.get(at)? as usize
        };
        self.table.rows.get(row).map(|row| El { row, elements: self })
    }

    /// The root element; every well-formed document has one.
    pub(crate) fn root(&'a self) -> Option<El<'a>> {
        self.table.rows.first().map(|row| El { row, elements: self })
    }

    /// The rows of the children of the root element, each with the row after its descendants.
    fn sections(&self) -> impl Iterator<Item = (&Row<'a>, Range<usize>)> {
        let starts =
            std::iter::successors(self.table.rows.get(1), |row| self.table.rows.get(row.end as usize));
        starts.map(|row| (row, row.index as usize..row.end as usize))
    }

    /// Whether the root has two children of the same name in [`MERGED`].
    fn has_sections_to_merge(&self) -> bool {
        let mut seen = [false; MERGED.len()];
        self.sections().any(|(section, _)| {
            let known = MERGED.iter().zip(&mut seen).find(|(name, _)| **name == section.name);
            known.is_some_and(|(_, seen)| std::mem::replace(seen, true))
        })
    }

    /// Moves the children of every section of [`MERGED`] that comes again behind those of the first of its name. The
    /// section that comes again stays, without children.
    fn merge_sections(&mut self) {
        // The rows in their new order: each section, then its children and those of the later sections of its name.
        let mut order: Vec<(usize, Option<usize>)> = vec![(0, None)];
        let mut parts: BTreeMap<&str, Vec<Range<usize>>> = BTreeMap::new();
        for (row, range) in self.sections().filter(|(row, _)| MERGED.contains(&row.name)) {
            parts.entry(row.name).or_default().push(range);
        }
        for (row, range) in self.sections() {
            order.push((range.start, None));
            // The first section of a name takes the children of all.
            let parts = if MERGED.contains(&row.name) {
                parts.remove(row.name).unwrap_or_default()
            } else {
                vec![range.clone()]
            };
            for part in parts {
                order.extend((part.start + 1..part.end).map(|row| (row, Some(range.start))));
            }
        }
        self.reorder(&order);
    }

    /// Puts the rows into the new `order`; a row that comes with another one becomes its descendant, if it was a child of a
    /// section.
    fn reorder(&mut self, order: &[(usize, Option<usize>)]) {
        let mut moved = vec![0_u32; self.table.rows.len()];
        for (to, (from, _)) in (0_u32..).zip(order) {
            if let Some(slot) = moved.get_mut(*from) {
                *slot = to;
            }
        }
        let at = |row: usize| moved.get(row).copied().unwrap_or_default();
        let mut rows: Vec<Row<'a>> = Vec::with_capacity(self.table.rows.len());
        for (from, section) in order {
            let Some(row) = self.table.rows.get(*from) else { continue };
            let index = at(*from);
            let is_top =
                |around: &u32| self.table.rows.get(*around as usize).is_some_and(|row| row.around == Some(0));
            let around = match (section, row.around) {
                (Some(section), Some(around)) if is_top(&around) => Some(at(*section)),
                (_, around) => around.map(|around| at(around as usize)),
            };
            // A subtree stays together, so its length does too.
            let end = index.saturating_add(row.end.saturating_sub(row.index));
            rows.push(Row { around, index, end, ..*row });
        }
        // The sections have other descendants than before.
        let starts: Vec<u32> = rows.iter().filter(|row| row.around == Some(0)).map(|row| row.index).collect();
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        for (nth, start) in starts.iter().enumerate() {
            set_end(&mut rows, *start, starts.get(nth + 1).copied().unwrap_or(count));
        }
        let mut by_offset: Vec<u32> = (0..count).collect();
        by_offset.sort_by_key(|index| rows.get(*index as usize).map_or(0, |row| row.start as usize));
        (self.table.rows, self.by_offset) = (rows, by_offset);
    }
}

/// Sets the first row after the descendants of row `index`.
fn set_end(rows: &mut [Row<'_>], index: u32, end: u32) {
    if let Some(row) = rows.get_mut(index as usize) {
        row.end = end;
    }
}

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
    row: &'a Row<'a>,
    /// The elements of the whole document.
    elements: &'a Elements<'a>,
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
    pub(super) fn get_word(self, name: &str, words: impl FnOnce() -> Vec<&'static str>) -> Option<&'a str> {
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
    pub(super) fn note(self) {
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
    pub(super) fn is_recorded(self) -> bool {
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

#[cfg(test)]
mod tests {
    use super::{Elements, tree};

    const DOCUMENT: &str = "<domain><os><type/></os><features><acpi/></features><vcpu/><os><boot><x/></boot></os>\
                            <features><pae/></features><cpu/><cpu/></domain>";

    #[test]
    fn sections_of_one_name_are_read_as_one() {
        let mut tree = tree(DOCUMENT).ok().unwrap();
        let elements = Elements::of(&mut tree);
        let root = elements.root().unwrap();
        let check = |section: &str, expected: &[&str]| {
            let names: Vec<_> = root.child(section).unwrap().elements().map(super::El::name).collect();
            assert_eq!(names, expected, "{section}");
        };
        check("os", &["type", "boot"]);
        check("features", &["acpi", "pae"]);
        assert_eq!(
            root.children("os").count(),
            2,
            "the second stays, so that it can be told that it is there"
        );
        assert_eq!(root.children("os").nth(1).unwrap().elements().count(), 0);
        assert_eq!(root.children("cpu").count(), 2);
        let names: Vec<_> = root.elements().map(super::El::name).collect();
        assert_eq!(names, ["os", "features", "vcpu", "os", "features", "cpu", "cpu"]);
    }

    #[test]
    fn elements_of_merged_sections_are_found_by_their_offset() {
        let mut tree = tree(DOCUMENT).ok().unwrap();
        let elements = Elements::of(&mut tree);
        for (offset, _) in DOCUMENT.match_indices('<').filter(|(at, _)| !DOCUMENT[*at..].starts_with("</")) {
            let found = elements.at(offset).unwrap();
            assert_eq!(found.pos().offset(), Some(offset));
            assert!(DOCUMENT[offset + 1..].starts_with(found.name()));
            let subtree: Vec<_> = found.subtree().map(super::El::name).collect();
            assert_eq!(subtree.first(), Some(&found.name()));
        }
        let inner = elements.at(DOCUMENT.find("<x").unwrap()).unwrap();
        let around: Vec<_> =
            std::iter::successors(Some(inner), |el| el.parent()).map(super::El::name).collect();
        assert_eq!(around, ["x", "boot", "os", "domain"]);
    }
}
