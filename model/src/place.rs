//! Where something stands in the text.
//!
//! The model keeps one number an element, its byte offset. A [`Place`] adds a path below it
//! (`"model/@type"`); only when a problem is shown does [`Source`] walk the text again for the exact bytes.

use std::ops::Range;

/// The byte offset of an element's `<` in the text it was read from.
///
/// It is where a thing came from, not what it is, so it never takes part in comparisons: two positions are always
/// equal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pos(Option<u32>);

impl Pos {
    /// The position of something that was not read from a text.
    pub const NONE: Self = Self(None);

    pub(crate) fn at(offset: usize) -> Self {
        Self(u32::try_from(offset).ok())
    }

    /// The byte offset, if it was read from a text.
    pub fn offset(self) -> Option<usize> {
        self.0.map(|o| o as usize)
    }

    /// The place of `path` below this element; an empty path is the element itself.
    pub fn path(self, path: &'static str) -> Place {
        Place { element: self, path, ..Place::default() }
    }

    /// The place of the attribute `name` of this element.
    pub fn attr(self, name: &'static str) -> Place {
        Place { element: self, attr: name, ..Place::default() }
    }
}

impl PartialEq for Pos {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Pos {}

/// An element, and the path from it to what is meant: child elements by name, then `@attribute` or nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Place {
    /// The element where the path starts.
    pub element: Pos,
    /// Such as `"model/@type"`. What the text does not hold is left off when the place is shown.
    pub path: &'static str,
    /// An attribute of what the path leads to, or empty.
    attr: &'static str,
    /// Set where only a byte offset is known (text that is not XML).
    exact: Option<usize>,
}

impl Place {
    /// A single byte of the text, for errors below the level of elements.
    pub fn byte(offset: usize) -> Self {
        Self { exact: Some(offset), ..Self::default() }
    }
}

impl From<Pos> for Place {
    fn from(pos: Pos) -> Self {
        pos.path("")
    }
}

/// A stretch of the text with its line and column, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Byte range in the text.
    pub range: Range<usize>,
    /// Line of its start, from 1.
    pub line: usize,
    /// Column of its start in characters, from 1.
    pub column: usize,
}

/// A text in which places can be looked up.
#[derive(Debug)]
pub struct Source<'t> {
    text: &'t str,
    tree: Option<roxmltree::Document<'t>>,
}

impl<'t> Source<'t> {
    /// Prepares `text` for look-ups; it is parsed once more.
    pub fn new(text: &'t str) -> Self {
        let readable = text.len() <= crate::read::MAX_DOCUMENT;
        Self { text, tree: readable.then(|| crate::read::tree(text).ok()).flatten() }
    }

    /// The text itself.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// Where `place` stands, or `None` for something that was not read from this text.
    pub fn locate(&self, place: &Place) -> Option<Frame> {
        let range = match place.exact {
            Some(offset) => {
                let start = floor(self.text, offset);
                let len = self.text.get(start..).and_then(|t| t.chars().next()).map_or(0, char::len_utf8);
                start..start + len
            }
            None => self.range(place)?,
        };
        let before = self.text.get(..range.start)?;
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        Some(Frame {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..)?.chars().count() + 1,
            range,
        })
    }

    fn range(&self, place: &Place) -> Option<Range<usize>> {
        let offset = place.element.offset()?;
        let tree = self.tree.as_ref()?;
        let mut node = tree.descendants().find(|n| n.is_element() && n.range().start == offset)?;
        for step in place.path.split('/').filter(|s| !s.is_empty()) {
            if let Some(name) = step.strip_prefix('@') {
                if let Some(attribute) = node.attribute_node(name) {
                    return Some(attribute.range());
                }
                break;
            }
            match node.children().find(|c| c.is_element() && c.tag_name().name() == step) {
                Some(child) => node = child,
                None => break,
            }
        }
        if let Some(attribute) = node.attribute_node(place.attr) {
            return Some(attribute.range());
        }
        Some(self.head(node))
    }

    /// The element as far as it fits a line: `<a>text</a>` whole, else its start tag.
    fn head(&self, node: roxmltree::Node<'_, '_>) -> Range<usize> {
        let whole = node.range();
        let text = self.text.get(whole.clone()).unwrap_or("");
        if !text.contains('\n') && !node.children().any(|c| c.is_element()) {
            return whole;
        }
        let end = node.first_child().map_or(whole.end, |c| c.range().start);
        whole.start..end.min(whole.end)
    }
}

/// The largest character boundary not after `offset`.
fn floor(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
