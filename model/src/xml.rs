//! Limits of XML that keep the time to parse a text linear in its length.
//!
//! Every text that is given to the XML parser goes through [`beyond_limits`] first. The parser copies the namespaces in scope for
//! each element that declares one and searches them for each name with a prefix, and compares each attribute of an element with
//! all before it: without limits, some kilobytes of text take many seconds.

use std::fmt;

use memchr::{memchr, memmem};

/// The most attributes of an element, declarations of namespaces among them.
pub const MAX_ATTRIBUTES: usize = 1024;

/// The most declarations of namespaces (`xmlns`, `xmlns:prefix`) on an element and the elements around it. A domain document has
/// one for QEMU and one for each application's `<metadata>`.
pub const MAX_NAMESPACES: usize = 64;

/// A limit that a text is beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// [`MAX_ATTRIBUTES`].
    Attributes,
    /// [`MAX_NAMESPACES`].
    Namespaces,
}

impl Limit {
    /// What to do about it.
    pub fn help(self) -> &'static str {
        match self {
            Self::Attributes => "remove attributes from the element",
            Self::Namespaces => "declare each namespace once, on the element that needs it",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attributes => write!(f, "an element has more than `{MAX_ATTRIBUTES}` attributes"),
            Self::Namespaces => write!(
                f,
                "an element and those around it declare more than `{MAX_NAMESPACES}` namespaces (`xmlns`)"
            ),
        }
    }
}

/// The first element of `text` that is beyond a limit, by the byte offset of its tag. The text need not be well-formed. Takes time
/// linear in its length.
pub fn beyond_limits(text: &str) -> Option<(usize, Limit)> {
    (may_exceed_attributes(text) || may_exceed_namespaces(text)).then(|| Scanner::new(text).find()).flatten()
}

/// Whether a tag may be long enough for too many attributes. An attribute has at least five bytes, so such a tag covers
/// one of these pieces entirely, which then has no `<`.
fn may_exceed_attributes(text: &str) -> bool {
    // A `<` in a value is no XML, for which the parser stops.
    text.as_bytes().chunks_exact(MAX_ATTRIBUTES * 2).any(|piece| memchr(b'<', piece).is_none())
}

/// Whether the text has the name of a declaration often enough.
fn may_exceed_namespaces(text: &str) -> bool {
    memmem::find_iter(text.as_bytes(), b"xmlns").nth(MAX_NAMESPACES).is_some()
}

/// Goes through the tags of a text.
struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
    /// The number of declarations on each open element and those around it.
    declared: Vec<usize>,
}

/// A start tag.
#[derive(Default)]
struct Tag {
    attributes: usize,
    declarations: usize,
    is_empty: bool,
}

impl<'t> Scanner<'t> {
    fn new(text: &'t str) -> Self {
        Self { text: text.as_bytes(), at: 0, declared: Vec::new() }
    }

    fn find(mut self) -> Option<(usize, Limit)> {
        loop {
            let rest = self.rest();
            let start = self.at + memchr(b'<', rest)?;
            self.at = start;
            match self.rest() {
                [b'<', b'!', b'-', b'-', ..] => self.skip_to(b"-->", 4)?,
                [b'<', b'!', b'[', ..] => self.skip_to(b"]]>", 3)?,
                [b'<', b'?', ..] => self.skip_to(b"?>", 2)?,
                [b'<', b'!', ..] => self.skip_to(b">", 2)?,
                [b'<', b'/', ..] => {
                    self.declared.pop();
                    self.skip_to(b">", 2)?;
                }
                _ => {
                    let tag = self.tag();
                    let around = self.declared.last().copied().unwrap_or_default();
                    let declared = around.saturating_add(tag.declarations);
                    if tag.attributes > MAX_ATTRIBUTES {
                        return Some((start, Limit::Attributes));
                    }
                    if declared > MAX_NAMESPACES {
                        return Some((start, Limit::Namespaces));
                    }
                    if !tag.is_empty {
                        self.declared.push(declared);
                    }
                }
            }
        }
    }

    fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes on behind `end`, which begins at least `after` bytes from here.
    fn skip_to(&mut self, end: &[u8], after: usize) -> Option<()> {
        let from = self.at.saturating_add(after);
        let found = memmem::find(self.text.get(from..)?, end)?;
        self.at = from + found + end.len();
        Some(())
    }

    /// Goes through a start tag, or what of it there is.
    fn tag(&mut self) -> Tag {
        let mut tag = Tag::default();
        let (mut quote, mut last) = (None, b'<');
        for byte in self.rest() {
            let here = self.at;
            self.at += 1;
            match (quote, byte) {
                (Some(open), byte) if byte == open => quote = None,
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'>') => {
                    tag.is_empty = last == b'/';
                    break;
                }
                (None, b'=') => tag.attributes += 1,
                (None, b'x') if !is_name(last) => {
                    let rest = self.text.get(here..).unwrap_or_default();
                    let after = rest.strip_prefix(b"xmlns").map(|rest| rest.first());
                    let is_declaration =
                        after.is_some_and(|after| after.is_none_or(|byte| *byte == b':' || !is_name(*byte)));
                    tag.declarations += usize::from(is_declaration);
                }
                _ => {}
            }
            last = *byte;
        }
        tag
    }
}

/// Whether a byte can be in a name.
fn is_name(byte: u8) -> bool {
    !matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'=' | b'/' | b'>' | b'"' | b'\'')
}

/// The attribute `name` in no namespace. What the parser finds by a name alone can be in one.
pub(crate) fn attribute<'a, 'input>(
    node: roxmltree::Node<'a, 'input>,
    name: &str,
) -> Option<roxmltree::Attribute<'a, 'input>> {
    node.attributes().find(|attribute| attribute.namespace().is_none() && attribute.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declarations(count: usize) -> String {
        (0..count).map(|n| format!(" xmlns:n{n}='u'")).collect::<Vec<_>>().concat()
    }

    #[test]
    fn limits_are_those_of_one_place_of_the_document() {
        let check = |text: &str, expected: Option<(usize, Limit)>| {
            assert_eq!(beyond_limits(text), expected, "{}", text.get(..80).unwrap_or(text));
        };
        let (few, many) = (declarations(MAX_NAMESPACES), declarations(MAX_NAMESPACES + 1));
        check(&format!("<a{few}/>"), None);
        check(&format!("<a{many}/>"), Some((0, Limit::Namespaces)));
        check(&format!("<a>{}</a>", "<b xmlns='u'/>".repeat(1000)), None);
        check(&format!("<a>{}</a>", "<b xmlns='u'></b>".repeat(1000)), None);
        check(&"<b xmlns='u'>".repeat(65), Some((64 * 13, Limit::Namespaces)));
        check(&format!("<a{few}><b><c\n\txmlns = 'u'/></b></a>"), Some((few.len() + 6, Limit::Namespaces)));
        check(
            &format!("<a{few}><!-- <c xmlns='u'> --><![CDATA[<c xmlns='u'>]]><?c <c xmlns='u'>?></a>"),
            None,
        );
        check(&format!("<a{few} b=' xmlns=' xmlnsb='' yxmlns='' y:xmlns=''/>"), None);
        check(&format!("<!-- {many} --><a/>"), None);
        let attributes = |count: usize| (0..count).map(|n| format!(" a{n}=''")).collect::<Vec<_>>().concat();
        check(&format!("<a{}/>", attributes(MAX_ATTRIBUTES)), None);
        check(&format!("<a/><b{}/>", attributes(MAX_ATTRIBUTES + 1)), Some((4, Limit::Attributes)));
        check(&format!("<!-- {} --><a/>", "=".repeat(5000)), None);
        check(&format!("<a b='{}'/>", "=".repeat(5000)), None);
    }

    #[test]
    fn a_text_that_is_cut_off_has_no_element_beyond_a_limit() {
        let text = format!("<a>{}<!-- --><![CDATA[ ]]><?x ?></a>", "<b xmlns:c='u'></b>".repeat(65));
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            assert_eq!(beyond_limits(&text[..end]), None);
        }
    }
}
