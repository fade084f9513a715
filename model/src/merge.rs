//! Completing a document in its own text: what was completed is inserted, all else stays as it was written, also
//! comments, layout, and elements that libvirt does not know.
//!
//! It is a three-way merge of XML trees: the text, the text as libvirt would write it ([`crate::format`] of what was
//! read), and the completed document. Where the last two have the same, the text has what it should have, in whatever
//! spelling; where they differ, the text is edited.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use roxmltree::Node;

use crate::advice::{Replacement, apply};
use crate::read::{MERGED, document};
use crate::write::escaped;
use crate::xml;

/// The indent of a level, where the text has no example.
const INDENT: &str = "  ";

/// The `text` of a document, edited so that it says what `completed` says where that differs from `read`, the document as
/// it was read. `None` if one of the three is not XML, which [`crate::format`] never writes.
///
/// ```
/// let text = "<domain type='kvm'>\n  <!-- mine -->\n  <name>x</name>\n</domain>\n";
/// let read = "<domain type='kvm'>\n  <name>x</name>\n</domain>\n";
/// let completed = "<domain type='kvm'>\n  <name>x</name>\n  <vcpu>1</vcpu>\n</domain>\n";
/// assert_eq!(
///     virtargv_model::complete_text(text, read, completed).as_deref(),
///     Some("<domain type='kvm'>\n  <!-- mine -->\n  <name>x</name>\n  <vcpu>1</vcpu>\n</domain>\n"),
/// );
/// ```
pub fn complete_text(text: &str, read: &str, completed: &str) -> Option<String> {
    let parse = |text| document(text).ok();
    let (own, before, after) = (parse(text)?, parse(read)?, parse(completed)?);
    let mut merge = Merge { text, completed, edits: Vec::new(), opened: HashMap::new() };
    merge.element(&[own.root_element()], before.root_element(), after.root_element());
    Some(merge.finish())
}

/// Children by which an element is known among those of its name, as `child/@attribute` or `@attribute`. All others are
/// known by their type, then by their order.
const KEYS: &[(&str, &[&str])] = &[
    ("cell", &["@id"]),
    ("controller", &["@type", "@index"]),
    ("disk", &["target/@dev"]),
    ("entry", &["@name"]),
    ("feature", &["@name"]),
    ("filesystem", &["target/@dir"]),
    ("graphics", &["@type"]),
    ("interface", &["mac/@address"]),
    ("iothread", &["@id"]),
    ("timer", &["@name"]),
    ("vcpu", &["@id"]),
];

/// The edits of a text.
struct Merge<'t> {
    text: &'t str,
    completed: &'t str,
    edits: Vec<Replacement>,
    /// The children that are added to elements without content, by the end of the start tag.
    opened: HashMap<usize, Opened<'t>>,
}

/// Children for an element without content.
struct Opened<'t> {
    /// The `/>` of the element, or what is between its tags.
    range: Range<usize>,
    name: &'t str,
    has_end_tag: bool,
    indent: String,
    children: String,
}

impl<'t> Merge<'t> {
    /// Edits an element of the text, of which `own` are the parts: libvirt reads several sections of a name as one.
    fn element(&mut self, own: &[Node<'t, 't>], before: Node<'_, '_>, after: Node<'_, '_>) {
        let Some(first) = own.first() else { return };
        self.attributes(*first, before, after);
        let is_leaf = |node: Node<'_, '_>| !node.children().any(|child| child.is_element());
        if is_leaf(after) && is_leaf(before) {
            let (old, new) = (text_of(before), text_of(after));
            if old != new {
                self.content(*first, &new);
            }
            return;
        }
        self.children(own, *first, before, after);
    }

    fn attributes(&mut self, own: Node<'t, 't>, before: Node<'_, '_>, after: Node<'_, '_>) {
        for attribute in after.attributes() {
            let (name, value) = (attribute.name(), attribute.value());
            let was = xml::attribute(before, name).map(|attribute| attribute.value());
            if was == Some(value) || attribute.namespace().is_some() {
                continue;
            }
            match xml::attribute(own, name) {
                Some(old) if old.value() == value => {}
                Some(old) => {
                    let range = old.range_value();
                    let quote = self.text.get(..range.start).and_then(|before| before.chars().next_back());
                    self.edit(range, escaped(value, quote));
                }
                None => {
                    let end = self.end_of_attributes(own);
                    self.edit(end..end, format!(" {name}='{}'", escaped(value, Some('\''))));
                }
            }
        }
        let is_own = |attribute: &roxmltree::Attribute<'_, '_>| attribute.namespace().is_none();
        for attribute in before.attributes().filter(is_own) {
            if xml::attribute(after, attribute.name()).is_none()
                && let Some(old) = xml::attribute(own, attribute.name())
            {
                let range = old.range();
                let blanks =
                    self.text.get(..range.start).map_or(0, |text| text.len() - text.trim_end().len());
                self.edit(range.start - blanks..range.end, String::new());
            }
        }
    }

    fn children(
        &mut self,
        own: &[Node<'t, 't>],
        first: Node<'t, 't>,
        before: Node<'_, '_>,
        after: Node<'_, '_>,
    ) {
        let own_children: Vec<_> = own.iter().flat_map(|part| elements(*part)).collect();
        let (before_children, after_children) = (elements(before), elements(after));
        let written = pair(&own_children, &before_children);
        let kept = pair(&before_children, &after_children);
        let mut is_kept = vec![false; before_children.len()];
        // The children of the text before which and after which a new one goes.
        let mut last: Option<Node<'t, 't>> = None;
        for (child, old) in after_children.iter().zip(kept) {
            let old = old.and_then(|old| Some((old, *before_children.get(old)?)));
            let Some((index, old)) = old else {
                self.insert(first, last, *child);
                continue;
            };
            if let Some(kept) = is_kept.get_mut(index) {
                *kept = true;
            }
            match written.get(index).copied().flatten().and_then(|at| own_children.get(at)) {
                Some(own_child) => {
                    let parts = parts(&own_children, *own_child);
                    self.element(&parts, old, *child);
                    last = (own_child.parent_element() == Some(first)).then_some(*own_child).or(last);
                }
                // What the text leaves out and libvirt writes, as it did before, needs no words.
                None if self.slice(*child) == old.document().input_text().get(old.range()) => {}
                None => self.insert(first, last, *child),
            }
        }
        for (index, _) in is_kept.iter().enumerate().filter(|(_, kept)| !**kept) {
            if let Some(gone) = written.get(index).copied().flatten().and_then(|at| own_children.get(at)) {
                self.remove(*gone);
            }
        }
    }

    /// Inserts `child` in `parent`, after `last` or as the first child.
    fn insert(&mut self, parent: Node<'t, 't>, last: Option<Node<'t, 't>>, child: Node<'_, '_>) {
        let Some(xml) = self.slice(child) else { return };
        let indent = self.indent_in(parent);
        let xml = indented(xml, &indent);
        if let Some(last) = last {
            let end = last.range().end;
            self.edit(end..end, format!("\n{indent}{xml}"));
            return;
        }
        if let Some(next) = elements(parent).first() {
            let start = next.range().start;
            self.edit(start..start, format!("{xml}\n{indent}"));
            return;
        }
        self.open(parent, indent, &xml);
    }

    /// Adds a child to an element without children.
    fn open(&mut self, parent: Node<'t, 't>, indent: String, xml: &str) {
        let Some(tag) = self.start_tag(parent) else { return };
        let has_end_tag = !self.text.get(tag.clone()).is_some_and(|tag| tag.ends_with("/>"));
        let range = if has_end_tag { tag.end..tag.end } else { tag.end - 2..tag.end };
        let name = qualified(self.text, &tag);
        let opened = self.opened.entry(tag.end).or_insert_with(|| Opened {
            range,
            name,
            has_end_tag,
            indent,
            children: String::new(),
        });
        let _ = write!(opened.children, "\n{}{xml}", opened.indent);
    }

    /// Replaces the content of an element that has text.
    fn content(&mut self, own: Node<'t, 't>, text: &str) {
        let Some(tag) = self.start_tag(own) else { return };
        let text = escaped(text, None);
        if self.text.get(tag.clone()).is_some_and(|tag| tag.ends_with("/>")) {
            let name = qualified(self.text, &tag);
            if !text.is_empty() {
                self.edit(tag.end - 2..tag.end, format!(">{text}</{name}>"));
            }
            return;
        }
        let end = self.text.get(..own.range().end).and_then(|all| all.rfind("</")).unwrap_or(tag.end);
        self.edit(tag.end..end.max(tag.end), text);
    }

    /// Removes an element, with its line where nothing else is on it.
    fn remove(&mut self, gone: Node<'t, 't>) {
        let range = gone.range();
        let before = self.text.get(..range.start).unwrap_or("");
        let blank = before.trim_end_matches([' ', '\t']);
        let start = blank.strip_suffix('\n').map_or(range.start, str::len);
        self.edit(start..range.end, String::new());
    }

    /// The indent of the children of `parent`: that of those it has, or one level more than its own.
    fn indent_in(&self, parent: Node<'t, 't>) -> String {
        match elements(parent).first().and_then(|child| self.indent_of(*child)) {
            Some(indent) => indent.to_owned(),
            None => format!("{}{INDENT}", self.indent_of(parent).unwrap_or("")),
        }
    }

    /// The blanks before an element, where it is the first of its line.
    fn indent_of(&self, node: Node<'t, 't>) -> Option<&'t str> {
        let before = self.text.get(..node.range().start)?;
        let line = before.rfind('\n').map_or(before, |at| before.get(at + 1..).unwrap_or(""));
        line.bytes().all(|byte| matches!(byte, b' ' | b'\t')).then_some(line)
    }

    /// The bytes of the start tag.
    fn start_tag(&self, node: Node<'t, 't>) -> Option<Range<usize>> {
        let start = node.range().start;
        let after = self.end_of_attributes(node);
        let close = self.text.get(after..)?.find('>')?;
        Some(start..after + close + 1)
    }

    /// The end of the last attribute, or of the name.
    fn end_of_attributes(&self, node: Node<'t, 't>) -> usize {
        let start = node.range().start;
        // Declarations of namespaces are no attributes of the tree, so the end is looked for in the text.
        let rest = self.text.get(start..).unwrap_or("");
        let mut quote = None;
        for (at, c) in rest.char_indices() {
            match (quote, c) {
                (Some(open), c) if c == open => quote = None,
                (None, '"' | '\'') => quote = Some(c),
                (None, '>') => {
                    let tag = rest.get(..at).unwrap_or("").trim_end_matches('/').trim_end();
                    return start + tag.len();
                }
                _ => {}
            }
        }
        start
    }

    /// The text of a part of the completed document.
    fn slice(&self, node: Node<'_, '_>) -> Option<&'t str> {
        self.completed.get(node.range())
    }

    fn edit(&mut self, range: Range<usize>, text: String) {
        self.edits.push(Replacement { range, text });
    }

    fn finish(mut self) -> String {
        for (_, opened) in self.opened {
            let outer = opened.indent.strip_suffix(INDENT).unwrap_or("").to_owned();
            let Opened { range, name, has_end_tag, children, .. } = opened;
            let text = if has_end_tag {
                format!("{children}\n{outer}")
            } else {
                format!(">{children}\n{outer}</{name}>")
            };
            self.edits.push(Replacement { range, text });
        }
        apply(self.text, self.edits)
    }
}

/// All parts of a section.
fn parts<'t>(all: &[Node<'t, 't>], one: Node<'t, 't>) -> Vec<Node<'t, 't>> {
    let name = one.tag_name().name();
    let in_domain = one.parent_element().is_some_and(|parent| parent.parent_element().is_none());
    if !in_domain || !MERGED.contains(&name) {
        return vec![one];
    }
    all.iter().filter(|node| node.tag_name().name() == name).copied().collect()
}

/// The name in a start tag, with its prefix.
fn qualified<'t>(text: &'t str, tag: &Range<usize>) -> &'t str {
    let inside = text.get(tag.start + 1..tag.end).unwrap_or("");
    inside.split(|c: char| c.is_whitespace() || matches!(c, '/' | '>')).next().unwrap_or("")
}

/// An element of a document in libvirt's layout, with `indent` before each line but the first instead of its own.
fn indented(xml: &str, indent: &str) -> String {
    let mut lines = xml.split('\n');
    let mut out = lines.next().unwrap_or("").to_owned();
    let rest: Vec<&str> = lines.collect();
    // The end tag has the indent of the start tag.
    let own = rest.last().map_or(0, |line| line.len() - line.trim_start().len());
    for line in rest {
        out.push('\n');
        let blanks = line.len() - line.trim_start_matches(' ').len();
        out.push_str(indent);
        out.push_str(line.get(own.min(blanks)..).unwrap_or(""));
    }
    out
}

/// The children that are elements.
fn elements<'a>(node: Node<'a, 'a>) -> Vec<Node<'a, 'a>> {
    node.children().filter(Node::is_element).collect()
}

/// The text of an element, without layout around it.
fn text_of(node: Node<'_, '_>) -> String {
    let text: String =
        node.children().filter_map(|child| child.is_text().then(|| child.text()).flatten()).collect();
    text.trim().to_owned()
}

/// For each of `right` the index of the element in `left` that is the same, by its key, then by its name and type, then by
/// its name, each in order.
fn pair(left: &[Node<'_, '_>], right: &[Node<'_, '_>]) -> Vec<Option<usize>> {
    let mut found = vec![None; right.len()];
    let mut is_taken = vec![false; left.len()];
    for identity in [key, typed, named] {
        let mut open: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, node) in
            left.iter().enumerate().rev().filter(|(index, _)| is_taken.get(*index) == Some(&false))
        {
            if let Some(identity) = identity(*node) {
                open.entry(identity).or_default().push(index);
            }
        }
        for (node, slot) in right.iter().zip(&mut found).filter(|(_, slot)| slot.is_none()) {
            *slot = identity(*node).and_then(|identity| open.get_mut(&identity)?.pop());
            if let Some(taken) = slot.and_then(|index: usize| is_taken.get_mut(index)) {
                *taken = true;
            }
        }
    }
    found
}

/// What an element is known by: its name and the values of its key.
fn key(node: Node<'_, '_>) -> Option<String> {
    let name = node.tag_name().name();
    let (_, paths) = KEYS.iter().find(|(of, _)| *of == name)?;
    let mut key = name.to_owned();
    for path in *paths {
        let value = match path.rsplit_once("/@") {
            Some((child, attribute)) => xml::attribute(child_named(node, child)?, attribute)?.value(),
            None => xml::attribute(node, path.trim_start_matches('@'))?.value(),
        };
        key.push('\0');
        key.push_str(value);
    }
    Some(key)
}

fn child_named<'a>(node: Node<'a, 'a>, name: &str) -> Option<Node<'a, 'a>> {
    node.children().find(|child| child.has_tag_name(name))
}

/// The name and type of an element.
fn typed(node: Node<'_, '_>) -> Option<String> {
    let kind = xml::attribute(node, "type").or_else(|| xml::attribute(node, "model"))?.value();
    Some(format!("{}\0{kind}", node.tag_name().name()))
}

/// The name of an element.
#[expect(clippy::unnecessary_wraps, reason = "the identities have one type")]
fn named(node: Node<'_, '_>) -> Option<String> {
    Some(node.tag_name().name().to_owned())
}
