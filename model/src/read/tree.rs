//! The XML tree, within limits, and the elements of a document in an order that is quick to look up.

mod el;

use std::collections::BTreeMap;
use std::ops::Range;

pub use el::El;

use super::asked::Asked;
use super::plain;
use super::table::{Row, Table, Tree, mark};
use crate::{Message, xml};

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
