//! The elements, attributes and texts of a document as tables.

use std::ops::Range;

/// The XML tree of a document, as the readers look at it. Which of the two made it cannot be told from the tables.
pub(crate) enum Tree<'t> {
    /// Of a document in plain XML (`plain.rs`).
    Plain(Table<'t>),
    /// Of any document.
    Full(roxmltree::Document<'t>),
}

/// The elements of a document with what is in them, in document order.
#[derive(Debug, Default)]
pub(crate) struct Table<'a> {
    pub(super) rows: Vec<Row<'a>>,
    pub(super) attributes: Vec<Attribute<'a>>,
    /// The texts but those that only lay the document out.
    pub(super) texts: Vec<Text<'a>>,
}

/// One element.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) name: &'a str,
    /// The byte offset of its `<`.
    pub(super) start: u32,
    /// The row of its parent.
    pub(super) around: Option<u32>,
    /// The row of the element itself.
    pub(super) index: u32,
    /// The first row after its descendants.
    pub(super) end: u32,
    /// Its attributes, and the texts in it and its descendants: the first, and the first after them.
    pub(super) attributes: (u32, u32),
    pub(super) texts: (u32, u32),
    /// Its node in roxmltree's tree, where there is one.
    pub(super) node: Option<roxmltree::NodeId>,
    /// The [`mark`]s of the names of its children: most elements are asked for many children that they do not have.
    pub(super) marks: u64,
    /// The [`mark`]s of the names of its attributes.
    pub(super) attribute_marks: u64,
}

/// One attribute.
#[derive(Debug)]
pub(crate) struct Attribute<'a> {
    /// Its name without prefix.
    pub(crate) name: &'a str,
    /// Its value.
    pub(crate) value: &'a str,
    /// Its first byte, and the first after it.
    pub(super) range: (u32, u32),
    /// Whether it is in a namespace, in which no reader looks for any.
    pub(crate) is_foreign: bool,
}

/// One text.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    pub(crate) content: &'a str,
    /// The byte offset of the element that it is in.
    pub(super) around: u32,
    /// Its first byte, and the first after it.
    pub(super) range: (u32, u32),
}

impl Text<'_> {
    /// Its byte range in the text of the document.
    pub(crate) fn range(&self) -> Range<usize> {
        self.range.0 as usize..self.range.1 as usize
    }
}

impl Attribute<'_> {
    /// Its byte range in the text.
    pub(crate) fn range(&self) -> Range<usize> {
        self.range.0 as usize..self.range.1 as usize
    }
}

/// One bit of 64 for a name. Two names can have the same.
#[inline]
pub(super) fn mark(name: &str) -> u64 {
    let byte = |byte: Option<&u8>| byte.copied().map_or(0, u32::from);
    let (first, last) = (byte(name.as_bytes().first()), byte(name.as_bytes().last()));
    let length = u32::try_from(name.len() % 64).unwrap_or_default();
    1 << ((first + 5 * last + 11 * length) % u64::BITS)
}

/// An offset or number in a table. No document is so large that one is cut off.
pub(super) fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

impl<'a> Table<'a> {
    /// The table of the document of `tree`.
    pub(super) fn of(tree: &'a roxmltree::Document<'a>) -> Self {
        let mut table = Self::for_text(tree.input_text());
        // The elements around the next one, and the byte offset at which each ends.
        let mut open: Vec<(u32, usize)> = Vec::with_capacity(16);
        for node in tree.root_element().descendants() {
            let range = node.range();
            while let Some((before, _)) = open.pop_if(|(_, end)| *end <= range.start) {
                table.close(before);
            }
            if node.is_element() {
                let around = open.last().map(|(around, _)| *around);
                let first = number(table.attributes.len());
                table.attributes.extend(node.attributes().map(|attribute| Attribute {
                    name: attribute.name(),
                    value: attribute.value(),
                    range: (number(attribute.range().start), number(attribute.range().end)),
                    is_foreign: attribute.namespace().is_some(),
                }));
                let index = table.open(node.tag_name().name(), range.start, around, first);
                if let Some(row) = table.rows.last_mut() {
                    row.node = Some(node.id());
                }
                open.push((index, range.end));
            } else if node.is_text() && !is_layout(node) {
                let around = node.parent().map_or(0, |around| number(around.range().start));
                let range = (number(range.start), number(range.end));
                table.texts.extend(node.text().map(|text| Text { content: text, around, range }));
            }
        }
        while let Some((before, _)) = open.pop() {
            table.close(before);
        }
        table
    }

    /// An empty table with room for the usual number of elements and attributes.
    pub(super) fn for_text(text: &str) -> Self {
        Self {
            rows: Vec::with_capacity(text.len() / 32 + 4),
            attributes: Vec::with_capacity(text.len() / 24 + 4),
            texts: Vec::with_capacity(text.len() / 128 + 4),
        }
    }

    /// Adds an element that has the attributes from number `first` on. Returns its row.
    pub(super) fn open(&mut self, name: &'a str, start: usize, around: Option<u32>, first: u32) -> u32 {
        let index = number(self.rows.len());
        let text = number(self.texts.len());
        self.rows.push(Row {
            name,
            start: number(start),
            around,
            index,
            end: index.saturating_add(1),
            attributes: (first, number(self.attributes.len())),
            texts: (text, text),
            node: None,
            marks: 0,
            attribute_marks: 0,
        });
        index
    }

    /// Ends the element in row `index`: what was added after it is in it.
    pub(super) fn close(&mut self, index: u32) {
        let (end, text) = (number(self.rows.len()), number(self.texts.len()));
        if let Some(row) = self.rows.get_mut(index as usize) {
            row.end = end;
            row.texts.1 = text;
        }
    }
}

/// Whether a text only lays the document out: white space beside elements or comments of an element whose first child is no
/// text. libvirt's XML parser drops it.
fn is_layout(text: roxmltree::Node<'_, '_>) -> bool {
    let is_blank = |node: roxmltree::Node<'_, '_>| {
        node.text().is_some_and(|text| text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')))
    };
    let first = text.parent().and_then(|parent| parent.first_child());
    let alone = text.prev_sibling().is_none() && text.next_sibling().is_none();
    is_blank(text) && !alone && !first.is_some_and(|first| first.is_text() && !is_blank(first))
}
