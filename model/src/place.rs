//! Places in the text of a document.
//!
//! The model keeps the byte offset of each element ([`Pos`]). A [`Place`] adds a path below the element
//! (`"model/@type"`). When a problem is shown, [`Source`] parses the text again to find the exact bytes.

use std::fmt::Write as _;
use std::ops::Range;

use crate::xml;
use crate::{Problem, Report};

/// The byte offset of an element's `<` in the text it was read from.
///
/// All offsets compare as equal, so that two domains with the same content are equal whatever the places of their
/// elements are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pos(Option<u32>);

impl Pos {
    /// The offset of an element that was not read from a text.
    pub const NONE: Self = Self(None);

    pub(crate) fn at(offset: usize) -> Self {
        Self(u32::try_from(offset).ok())
    }

    /// The offset in a text that stands `base` bytes behind the start of the one that `self` counts from; `None` where it is
    /// before that.
    #[must_use]
    pub fn within(self, base: usize) -> Option<Self> {
        match self.offset() {
            Some(offset) => offset.checked_sub(base).map(Self::at),
            None => Some(self),
        }
    }

    /// The byte offset; `None` where the element was not read from a text.
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

/// The reason why an element is in a completed domain that its document does not have.
///
/// As with [`Pos`], all reasons compare as equal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Implied(Option<&'static str>);

impl Implied {
    /// The element was added for the reason `by`: what it follows from, in the words of a document (`<graphics>`) or in
    /// plain words.
    pub const fn by(by: &'static str) -> Self {
        Self(Some(by))
    }

    /// The reason; `None` where the element is in the document.
    pub const fn reason(self) -> Option<&'static str> {
        self.0
    }
}

impl PartialEq for Implied {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl Eq for Implied {}

/// A place in the text: an element, and the path from it to a child element or an attribute.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Place {
    /// The element where the path starts.
    pub element: Pos,
    /// Names of child elements, then `@attribute` or nothing, such as `"model/@type"`. Steps that lead to nothing in
    /// the text are ignored.
    pub path: &'static str,
    /// An attribute of the element at the end of the path, or empty.
    pub(crate) attr: &'static str,
    /// The number of bytes from `element` on, where the place is a range of bytes: text that is not XML, or an element or
    /// attribute that is not known by a path. None stands for the character there.
    bytes: Option<u32>,
}

impl Place {
    /// The place of a single character, for text that is not XML.
    pub fn byte(offset: usize) -> Self {
        Self::bytes(offset..offset)
    }

    /// The place of a range of bytes; an empty range is the character there.
    pub fn bytes(range: Range<usize>) -> Self {
        let element = Pos(Some(u32::try_from(range.start).unwrap_or(u32::MAX)));
        Self { element, bytes: Some(u32::try_from(range.len()).unwrap_or(u32::MAX)), ..Self::default() }
    }

    /// The bytes, where the place is a range of them.
    pub(crate) fn range(&self) -> Option<Range<usize>> {
        let start = self.element.offset()?;
        Some(start..start.saturating_add(self.bytes? as usize))
    }
}

/// What an edit changes.
pub(crate) enum Target<'s, 't> {
    Attribute(roxmltree::Attribute<'s, 't>),
    Element(roxmltree::Node<'s, 't>),
}

impl From<Pos> for Place {
    fn from(pos: Pos) -> Self {
        pos.path("")
    }
}

/// A range of the text with its line and column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Byte range in the text.
    pub range: Range<usize>,
    /// Line of its start, from 1.
    pub line: usize,
    /// Column of its start in characters, from 1.
    pub column: usize,
}

/// A document in which places can be located.
#[derive(Debug)]
pub struct Source<'t> {
    text: &'t str,
    tree: Option<roxmltree::Document<'t>>,
    /// The byte offset of each element, ascending.
    elements: Vec<(usize, roxmltree::NodeId)>,
    /// The byte offset of each line.
    lines: Vec<usize>,
    /// The number of characters before every [`STEP`]th byte.
    characters: Vec<usize>,
}

/// The distance in bytes between offsets at which characters are counted in advance.
const STEP: usize = 1024;
/// The longest element that a [`Frame`] covers entirely, in bytes; of longer ones it covers the start tag.
const SHOWN_WHOLE: usize = 1024;

impl<'t> Source<'t> {
    /// Parses `text` and prepares it for look-ups.
    pub fn new(text: &'t str) -> Self {
        let readable = text.len() <= crate::read::MAX_DOCUMENT;
        let tree = readable.then(|| crate::read::document(text).ok()).flatten();
        let all = tree.iter().flat_map(roxmltree::Document::descendants);
        let elements =
            all.filter(roxmltree::Node::is_element).map(|node| (node.range().start, node.id())).collect();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut characters = vec![0];
        let mut before = 0;
        for bytes in text.as_bytes().chunks(STEP) {
            before += character_count(bytes);
            characters.push(before);
        }
        Self { text, tree, elements, lines, characters }
    }

    /// The problems of `report` by their place in the text; those without a place come last, in their own order.
    pub fn by_place<'r>(&self, report: &'r Report) -> Vec<(Option<Frame>, &'r Problem)> {
        let mut placed: Vec<_> = report.iter().map(|p| (self.locate(&p.place), p)).collect();
        placed.sort_by_key(|(frame, _)| frame.as_ref().map_or(usize::MAX, |f| f.range.start));
        placed
    }

    /// The text of the document.
    pub fn text(&self) -> &'t str {
        self.text
    }

    /// The range of `place`; `None` for an element that was not read from this text.
    pub fn locate(&self, place: &Place) -> Option<Frame> {
        let range = match place.range() {
            Some(Range { start, end }) => {
                let start = character_boundary(self.text, start);
                let len = self.text.get(start..).and_then(|t| t.chars().next()).map_or(0, char::len_utf8);
                start..character_boundary(self.text, end).max(start + len)
            }
            None => self.range(place)?,
        };
        let line = self.lines.partition_point(|start| *start <= range.start);
        let line_start = self.lines.get(line.checked_sub(1)?)?;
        let column =
            self.characters_before(range.start).saturating_sub(self.characters_before(*line_start)) + 1;
        Some(Frame { range, line, column })
    }

    /// The lines that `range` touches, as a byte range without the last line break.
    pub fn lines(&self, range: &Range<usize>) -> Range<usize> {
        let line = self.lines.partition_point(|start| *start <= range.start);
        let start = line.checked_sub(1).and_then(|line| self.lines.get(line)).copied().unwrap_or(0);
        let after = self.lines.partition_point(|start| *start <= range.end);
        let end = self.lines.get(after).map_or(self.text.len(), |next| next.saturating_sub(1));
        start..end
    }

    /// The number of characters that begin before byte `at`.
    fn characters_before(&self, at: usize) -> usize {
        let step = at / STEP;
        let counted = self.characters.get(step).copied().unwrap_or(0);
        counted + self.text.as_bytes().get(step * STEP..at).map_or(0, character_count)
    }

    /// The element that starts at byte `offset`.
    fn element(&self, offset: usize) -> Option<roxmltree::Node<'_, 't>> {
        let at = self.elements.binary_search_by_key(&offset, |(start, _)| *start).ok()?;
        self.tree.as_ref()?.get_node(self.elements.get(at)?.1)
    }

    fn range(&self, place: &Place) -> Option<Range<usize>> {
        let (node, rest) = self.node(place)?;
        let name = rest.and_then(|step| step.strip_prefix('@')).unwrap_or(place.attr);
        Some(xml::attribute(node, name).map_or_else(|| self.head(node), |attribute| attribute.range()))
    }

    /// The element or attribute at `place`; `None` where it is not in the text.
    pub(crate) fn target(&self, place: &Place) -> Option<Target<'_, 't>> {
        if let Some(range) = place.range() {
            return self.target_at(range.start);
        }
        let (node, rest) = self.node(place)?;
        let name = match rest {
            Some(step) => step.strip_prefix('@')?,
            None => place.attr,
        };
        if name.is_empty() {
            return Some(Target::Element(node));
        }
        xml::attribute(node, name).map(Target::Attribute)
    }

    /// Whether both are the place of one attribute or of one element that is in the text.
    pub fn is_same(&self, one: &Place, other: &Place) -> bool {
        match (self.target(one), self.target(other)) {
            (Some(Target::Attribute(one)), Some(Target::Attribute(other))) => one.range() == other.range(),
            (Some(Target::Element(one)), Some(Target::Element(other))) => one == other,
            _ => false,
        }
    }

    /// The attribute that has the byte `offset`, else the element whose start tag has it.
    fn target_at(&self, offset: usize) -> Option<Target<'_, 't>> {
        let before = self.elements.partition_point(|(start, _)| *start <= offset).checked_sub(1)?;
        let node = self.tree.as_ref()?.get_node(self.elements.get(before)?.1)?;
        let end = node.first_child().map_or(node.range().end, |child| child.range().start);
        if offset >= end {
            return None;
        }
        let attribute = node.attributes().find(|attribute| attribute.range().contains(&offset));
        Some(attribute.map_or(Target::Element(node), Target::Attribute))
    }

    /// The element at `place`, or the nearest one around it that is in the text, and the first step of the path that
    /// leads to no element.
    fn node(&self, place: &Place) -> Option<(roxmltree::Node<'_, 't>, Option<&'static str>)> {
        let mut node = self.element(place.element.offset()?)?;
        for step in place.path.split('/').filter(|step| !step.is_empty()) {
            match node.children().find(|child| child.is_element() && child.tag_name().name() == step) {
                Some(child) => node = child,
                None => return Some((node, Some(step))),
            }
        }
        Some((node, None))
    }

    /// The path of the element at `place`, or of the nearest one around it that is in the text: an XPath from the
    /// outermost element, such as `devices/interface[2]`; `.` is that element itself.
    pub fn path(&self, place: &Place) -> Option<String> {
        let mut steps = Vec::new();
        let (mut node, _) = self.node(place)?;
        while let Some(parent) = node.parent_element() {
            let name = node.tag_name();
            let same = |other: &roxmltree::Node<'_, '_>| other.is_element() && other.tag_name() == name;
            let number = node.prev_siblings().filter(same).count();
            let alone = number == 1 && node.next_siblings().filter(same).nth(1).is_none();
            let mut step = String::new();
            if let Some(prefix) = name.namespace().and_then(|namespace| node.lookup_prefix(namespace)) {
                step.extend([prefix, ":"]);
            }
            step.push_str(name.name());
            if !alone {
                let _ = write!(step, "[{number}]");
            }
            steps.push(step);
            node = parent;
        }
        steps.reverse();
        Some(if steps.is_empty() { ".".to_owned() } else { steps.join("/") })
    }

    /// The element where it has text only and fits on a line (`<a>text</a>`), else its start tag.
    fn head(&self, node: roxmltree::Node<'_, '_>) -> Range<usize> {
        let whole = node.range();
        let text = self.text.get(whole.clone()).unwrap_or("");
        if whole.len() <= SHOWN_WHOLE && !text.contains('\n') && !node.children().any(|c| c.is_element()) {
            return whole;
        }
        let end = node.first_child().map_or(whole.end, |c| c.range().start);
        whole.start..end.min(whole.end)
    }
}

/// The number of characters that begin in `bytes`.
fn character_count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// The last character boundary at or before `offset`.
fn character_boundary(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns() {
        let long = "\u{e9}".repeat(STEP * 2 + 7);
        let text = format!("<a>\n<b/>\n{long}<c x='1'/></a>");
        let source = Source::new(&text);
        let check = |offset: usize, line: usize, column: usize| {
            let frame = source.locate(&Place::byte(offset)).unwrap();
            assert_eq!((frame.line, frame.column), (line, column), "{offset}");
        };
        check(0, 1, 1);
        check(4, 2, 1);
        check(9, 3, 1);
        check(9 + long.len(), 3, STEP * 2 + 8);
        check(text.len(), 3, STEP * 2 + 8 + 14);
        let frame = source.locate(&Pos::at(9 + long.len()).attr("x")).unwrap();
        assert_eq!(text.get(frame.range), Some("x='1'"));
    }

    #[test]
    fn paths() {
        let text = "<a><b/><c/><b><d x='1'/></b><n:e xmlns:n='urn:n'/></a>";
        let source = Source::new(text);
        let check = |text_from: &str, path: &'static str, expected: &str| {
            let place = Pos::at(text.find(text_from).unwrap()).path(path);
            assert_eq!(source.path(&place).as_deref(), Some(expected), "{text_from} {path}");
        };
        check("<a>", "", ".");
        check("<c/>", "", "c");
        check("<b/>", "", "b[1]");
        check("<b><d", "", "b[2]");
        check("<b><d", "d/@x", "b[2]/d");
        check("<a>", "c/e", "c");
        check("<a>", "e", "n:e");
        assert_eq!(source.path(&Pos::NONE.into()), None);
        let shown = |path| text.get(source.locate(&Pos::at(14).path(path)).unwrap().range);
        assert_eq!(
            (text.get(14..17), shown("d/@x"), shown("e/@x")),
            (Some("<d "), Some("<d x='1'/>"), Some("<d x='1'/>"))
        );
        assert_eq!((shown("@x"), shown("@y")), (Some("x='1'"), Some("<d x='1'/>")));
    }
}
