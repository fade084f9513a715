//! Edits as replacements of bytes.

use std::collections::BTreeMap;
use std::ops::Range;

use roxmltree::{Attribute, Node};

use super::{Change, Edit};
use crate::place::Target;
use crate::write::escaped;
use crate::xml;
use crate::{Problem, Report, Source};

/// Bytes of a text and what replaces them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The bytes; an empty range where text is inserted.
    pub range: Range<usize>,
    /// The new text.
    pub text: String,
}

impl Replacement {
    fn new(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { range, text: text.into() }
    }
}

/// Replacements of which no two overlap, by where they start. Two overlap, so that not both can be applied, where they replace
/// the same bytes or insert at the same place.
#[derive(Default)]
struct Taken(BTreeMap<usize, (usize, String)>);

impl Taken {
    /// Whether this one is among them.
    fn has(&self, one: &Replacement) -> bool {
        self.0.get(&one.range.start).is_some_and(|(end, text)| (*end, text) == (one.range.end, &one.text))
    }

    /// Whether one of them overlaps this one.
    fn overlap(&self, one: &Replacement) -> bool {
        let Range { start, end } = one.range;
        let before = self.0.range(..start).next_back();
        let after = self.0.range(start..).next();
        before.is_some_and(|(_, (other, _))| *other > start)
            || after.is_some_and(|(other, _)| *other == start || *other < end)
    }

    fn add(&mut self, new: &[Replacement]) {
        for Replacement { range, text } in new {
            self.0.entry(range.start).or_insert_with(|| (range.end, text.clone()));
        }
    }
}

/// `text` with `replacements`, of which no two overlap. One that is not in the text is left out.
pub fn apply(text: &str, mut replacements: Vec<Replacement>) -> String {
    replacements.sort_by_key(|replacement| replacement.range.start);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for Replacement { range, text: new } in replacements {
        let Some(kept) = text.get(done..range.start).filter(|_| text.get(range.clone()).is_some()) else {
            continue;
        };
        out.push_str(kept);
        out.push_str(&new);
        done = range.end;
    }
    out.push_str(text.get(done..).unwrap_or(""));
    out
}

/// What mends the problems of a report.
#[derive(Debug, Clone, Default)]
pub struct Fixes<'r> {
    /// What is replaced; no two overlap.
    pub replacements: Vec<Replacement>,
    /// The problems that this mends.
    pub mended: Vec<&'r Problem>,
    /// Problems that have edits which cannot be applied together with those of a problem before.
    pub left: Vec<&'r Problem>,
}

impl<'t> Source<'t> {
    /// The replacements that mend the problems of `report`. All edits of a problem are in it, or none: none where they
    /// overlap with those of a problem that is earlier in the text.
    pub fn fixes<'r>(&self, report: &'r Report) -> Fixes<'r> {
        let mut fixes = Fixes::default();
        let mut taken = Taken::default();
        for (_, problem) in self.by_place(report) {
            let Some(new) = self.replacements(problem.edits()).filter(|new| !new.is_empty()) else {
                continue;
            };
            if new.iter().all(|one| taken.has(one)) {
                fixes.mended.push(problem);
            } else if new.iter().any(|one| taken.overlap(one)) {
                fixes.left.push(problem);
            } else {
                taken.add(&new);
                fixes.replacements.extend(new);
                fixes.mended.push(problem);
            }
        }
        fixes
    }

    /// The bytes that `edits` replace; `None` where the element or attribute of one of them is not in the text.
    pub fn replacements(&self, edits: &[Edit]) -> Option<Vec<Replacement>> {
        let mut all = Vec::new();
        for edit in edits {
            match &edit.change {
                Change::Text(new) => {
                    let bytes = edit.place.range().filter(|bytes| self.text().get(bytes.clone()).is_some());
                    all.push(Replacement::new(bytes?, new));
                }
                change => match self.target(&edit.place)? {
                    Target::Attribute(attribute) => self.of_attribute(attribute, change, &mut all)?,
                    Target::Element(node) => self.of_element(node, change, &mut all)?,
                },
            }
        }
        Some(all)
    }

    fn of_attribute(&self, at: Attribute<'_, 't>, change: &Change, all: &mut Vec<Replacement>) -> Option<()> {
        match change {
            Change::Value(new) => {
                let range = at.range_value();
                let quote = self.text().get(..range.start)?.chars().next_back()?;
                all.push(Replacement::new(range, escaped(new, Some(quote))));
            }
            Change::Name(new) => all.push(Replacement::new(at.range_qname(), new)),
            Change::Remove => {
                let range = at.range();
                all.push(Replacement::new(self.after_space(range.start)?..range.end, ""));
            }
            Change::Attribute { .. } | Change::Child(_) | Change::Text(_) => return None,
        }
        Some(())
    }

    fn of_element(&self, node: Node<'_, 't>, change: &Change, all: &mut Vec<Replacement>) -> Option<()> {
        let whole = node.range();
        let text = self.text();
        let name = self.name_range(node)?;
        let prefix = name.end;
        match change {
            Change::Value(new) => self.fill(node, &escaped(new, None), all)?,
            Change::Name(new) => {
                let old = text.get(name.clone())?;
                let close = text.get(whole.clone())?.rfind("</").map(|at| whole.start + at + 2);
                if let Some(start) = close.filter(|at| text.get(*at..).is_some_and(|t| t.starts_with(old))) {
                    all.push(Replacement::new(start..start + old.len(), new));
                }
                all.push(Replacement::new(name, new));
            }
            Change::Remove => all.push(Replacement::new(self.with_line(whole)?, "")),
            Change::Attribute { name, value } => {
                let last = node.attributes().map(|at| at.range().end).max();
                if let Some(existing) = xml::attribute(node, name.as_str()) {
                    return self.of_attribute(existing, &Change::Value(value.clone()), all);
                }
                let quoted = node.attributes().next().map(|at| at.range_value().start);
                let quote = quoted.and_then(|at| text.get(..at)?.chars().next_back()).unwrap_or('\'');
                let at = last.unwrap_or(prefix);
                let new = format!(" {name}={quote}{}{quote}", escaped(value, Some(quote)));
                all.push(Replacement::new(at..at, new));
            }
            Change::Child(xml) => self.add_child(node, xml, all)?,
            Change::Text(_) => return None,
        }
        Some(())
    }

    /// Replaces the content of an element.
    fn fill(&self, node: Node<'_, 't>, content: &str, all: &mut Vec<Replacement>) -> Option<()> {
        let inside = node.first_child().zip(node.last_child());
        if let Some((first, last)) = inside {
            all.push(Replacement::new(first.range().start..last.range().end, content));
            return Some(());
        }
        self.open(node, content, all)
    }

    /// Puts `content` into an element that is empty.
    fn open(&self, node: Node<'_, 't>, content: &str, all: &mut Vec<Replacement>) -> Option<()> {
        let whole = node.range();
        let text = self.text().get(whole.clone())?;
        let name = self.text().get(self.name_range(node)?)?;
        if let Some(tag) = text.strip_suffix("/>") {
            let start = whole.start + tag.trim_ascii_end().len();
            all.push(Replacement::new(start..whole.end, format!(">{content}</{name}>")));
        } else {
            let at = whole.start + text.rfind("</")?;
            all.push(Replacement::new(at..at, content));
        }
        Some(())
    }

    /// Adds a child to an element, on a line of its own where the element has lines.
    fn add_child(&self, node: Node<'_, 't>, xml: &str, all: &mut Vec<Replacement>) -> Option<()> {
        let Some(last) = node.last_element_child() else { return self.open_or_append(node, xml, all) };
        let at = last.range().end;
        let start = last.range().start;
        let indent = self.text().get(self.after_space(start)?..start)?;
        let new = if indent.starts_with('\n') { format!("{indent}{xml}") } else { xml.to_owned() };
        all.push(Replacement::new(at..at, new));
        Some(())
    }

    fn open_or_append(&self, node: Node<'_, 't>, xml: &str, all: &mut Vec<Replacement>) -> Option<()> {
        match node.last_child() {
            Some(last) => {
                let at = last.range().end;
                all.push(Replacement::new(at..at, xml));
                Some(())
            }
            None => self.open(node, xml, all),
        }
    }

    /// The bytes of the name in the start tag, with its prefix.
    fn name_range(&self, node: Node<'_, 't>) -> Option<Range<usize>> {
        let start = node.range().start + 1;
        let rest = self.text().get(start..)?;
        let len = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))?;
        Some(start..start + len)
    }

    /// Where the white space before byte `at` starts: with the last line break in it, or all of it where it has none.
    fn after_space(&self, at: usize) -> Option<usize> {
        let before = self.text().get(..at)?;
        let blank = before.trim_end_matches([' ', '\t']);
        Some(blank.strip_suffix("\r\n").or(blank.strip_suffix('\n')).unwrap_or(blank).len())
    }

    /// An element with the lines that it has for itself.
    fn with_line(&self, whole: Range<usize>) -> Option<Range<usize>> {
        let start = self.after_space(whole.start)?;
        let is_first = start == 0 || self.text().get(start..).is_some_and(|t| t.starts_with(['\n', '\r']));
        let rest = self.text().get(whole.end..)?.trim_start_matches([' ', '\t', '\r']);
        let is_last = rest.is_empty() || rest.starts_with('\n');
        Some(if is_first && is_last { start..whole.end } else { whole })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    const TEXT: &str = "<a>\n  <b x='1' y=\"2\">t</b>\n  <c/>\n  <d></d><e><f/></e>\n</a>\n";

    /// Applies an edit to the first element or attribute whose text begins as `at` says.
    fn check(at: &str, make: impl Fn(Place) -> Edit, before: &str, after: &str) {
        let start = TEXT.find(at).unwrap();
        let edit = make(Place::bytes(start..start + at.len()));
        let done = apply(TEXT, Source::new(TEXT).replacements(&[edit]).unwrap());
        assert_eq!(done, TEXT.replacen(before, after, 1), "{at}");
    }

    #[test]
    fn edits_of_attributes() {
        check("x='1'", |p| Edit::value(p, "<'\">\n"), "'1'", "'&lt;&apos;\"&gt;&#10;'");
        check("y=\"2\"", |p| Edit::value(p, "'\""), "\"2\"", "\"'&quot;\"");
        check("y", |p| Edit::name(p, "z"), "y=", "z=");
        check("x='1'", Edit::remove, " x='1'", "");
        check("y", Edit::remove, " y=\"2\"", "");
        check("<b", |p| Edit::attribute(p, "x", "3"), "'1'", "'3'");
        check("<b", |p| Edit::attribute(p, "z", "'"), "\"2\"", "\"2\" z='&apos;'");
        check("<c", |p| Edit::attribute(p, "z", ""), "<c", "<c z=''");
    }

    #[test]
    fn edits_of_elements() {
        check("<b", |p| Edit::value(p, "<\n'"), ">t<", ">&lt;\n'<");
        check("<c", |p| Edit::value(p, "t"), "<c/>", "<c>t</c>");
        check("<d", |p| Edit::value(p, "t"), "<d>", "<d>t");
        check("<b", |p| Edit::name(p, "bb"), "<b x='1' y=\"2\">t</b>", "<bb x='1' y=\"2\">t</bb>");
        check("<c", |p| Edit::name(p, "cc"), "<c/>", "<cc/>");
        check("<c", Edit::remove, "  <c/>\n", "");
        check("<d", Edit::remove, "<d></d>", "");
        check("<e", |p| Edit::child(p, "<g/>"), "<f/>", "<f/><g/>");
        check("<a", |p| Edit::child(p, "<g/>"), "</e>", "</e><g/>");
        check("<c", |p| Edit::child(p, "<g/>"), "<c/>", "<c><g/></c>");
        check("<b", |p| Edit::child(p, "<g/>"), "t<", "t<g/><");
        check("<d></d>", |p| Edit { place: p, change: Change::Text("&".to_owned()) }, "<d></d>", "&");
    }

    #[test]
    fn an_added_child_has_a_line_where_its_siblings_have_one() {
        let text = "<a>\n  <b/>\n</a>";
        let edit = Edit::child(Place::bytes(0..1), "<c/>");
        let done = apply(text, Source::new(text).replacements(&[edit]).unwrap());
        assert_eq!(done, "<a>\n  <b/>\n  <c/>\n</a>");
    }

    #[test]
    fn what_is_not_in_the_text_cannot_be_edited() {
        let source = Source::new(TEXT);
        let check = |edit| assert_eq!(source.replacements(&[edit]), None);
        check(Edit::remove(Place::bytes(9999..10000)));
        check(Edit::remove(crate::Pos::NONE));
        check(Edit::value(source_pos("<b").path("n"), "1"));
        check(Edit::value(source_pos("<b").attr("n"), "1"));
        check(Edit::child(source_pos("<b").attr("x"), "<g/>"));
    }

    fn source_pos(at: &str) -> crate::Pos {
        crate::Pos::at(TEXT.find(at).unwrap())
    }
}
