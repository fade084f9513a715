//! Writing the model as a domain document, in libvirt's layout: an indent of two spaces for each level, single quotes.

use std::fmt::{Display, Write as _};

/// Builds an XML text.
#[derive(Debug, Default)]
pub struct Writer {
    out: String,
    depth: usize,
}

impl Writer {
    /// An empty text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts the element `name`. Attributes and content follow; [`Tag::empty`], [`Tag::text`] or [`Tag::children`]
    /// ends it.
    pub fn element<'w>(&'w mut self, name: &'w str) -> Tag<'w> {
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        Tag { w: self, name }
    }

    /// Writes `<name>text</name>`.
    pub fn text_element(&mut self, name: &str, text: impl Display) {
        self.element(name).text(text);
    }

    /// Writes `<name>text</name>` where there is a text.
    pub fn opt_text_element(&mut self, name: &str, text: Option<impl Display>) {
        if let Some(text) = text {
            self.text_element(name, text);
        }
    }

    /// Writes well-formed XML without escaping it, such as a `<metadata>` element.
    pub fn raw(&mut self, xml: &str) {
        self.indent();
        self.out.push_str(xml);
        self.out.push('\n');
    }

    /// The finished text.
    pub fn finish(self) -> String {
        self.out
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
    }
}

/// An element whose start tag is still open.
#[derive(Debug)]
#[must_use = "an element must be ended with empty(), text() or children()"]
pub struct Tag<'w> {
    w: &'w mut Writer,
    name: &'w str,
}

impl Tag<'_> {
    /// Adds the attribute `name`.
    pub fn attr(self, name: &str, value: impl Display) -> Self {
        let _ = write!(self.w.out, " {name}='");
        escape(&mut self.w.out, &value.to_string());
        self.w.out.push('\'');
        self
    }

    /// Adds the attribute `name` where there is a value.
    pub fn opt(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.attr(name, value),
            None => self,
        }
    }

    /// Ends the element without content.
    pub fn empty(self) {
        self.w.out.push_str("/>\n");
    }

    /// Ends the element with a text.
    pub fn text(self, text: impl Display) {
        self.w.out.push('>');
        escape_text(&mut self.w.out, &text.to_string());
        let _ = writeln!(self.w.out, "</{}>", self.name);
    }

    /// Ends the element with the children that `body` writes, or without content where it writes nothing.
    pub fn children(self, body: impl FnOnce(&mut Writer)) {
        let open = self.w.out.len();
        self.w.out.push_str(">\n");
        let start = self.w.out.len();
        self.w.depth += 1;
        body(self.w);
        self.w.depth -= 1;
        if self.w.out.len() == start {
            self.w.out.truncate(open);
            self.w.out.push_str("/>\n");
        } else {
            self.w.indent();
            let _ = writeln!(self.w.out, "</{}>", self.name);
        }
    }

    /// As [`Tag::children`], but with an end tag even where `body` writes nothing.
    pub fn open_children(self, body: impl FnOnce(&mut Writer)) {
        self.w.out.push_str(">\n");
        self.w.depth += 1;
        body(self.w);
        self.w.depth -= 1;
        self.w.indent();
        let _ = writeln!(self.w.out, "</{}>", self.name);
    }

    /// As [`Tag::children`], but leaves the element out where it has no attribute and `body` writes nothing.
    pub fn children_or_nothing(self, body: impl FnOnce(&mut Writer)) {
        let mut inner = Writer { out: String::new(), depth: self.w.depth + 1 };
        body(&mut inner);
        let bare = self.w.out.ends_with(&format!("<{}", self.name));
        if inner.out.is_empty() && bare {
            let keep = self.w.out.rfind('\n').map_or(0, |i| i + 1);
            self.w.out.truncate(keep);
        } else {
            self.children(|w| w.out.push_str(&inner.out));
        }
    }
}

/// `text` as it stands in a document: in an attribute in the quotes `quote`, or between tags.
///
/// ```
/// assert_eq!(virtargv_model::escaped("a<'b'\n", Some('\'')), "a&lt;&apos;b&apos;&#10;");
/// assert_eq!(virtargv_model::escaped("a<'b'\n", None), "a&lt;'b'\n");
/// ```
pub fn escaped(text: &str, quote: Option<char>) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\'' if quote == Some('\'') => out.push_str("&apos;"),
            '"' if quote == Some('"') => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\n' if quote.is_some() => out.push_str("&#10;"),
            '\t' if quote.is_some() => out.push_str("&#9;"),
            c => out.push(c),
        }
    }
    out
}

/// Escapes an attribute as libvirt does, which escapes both quotes.
fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            // A parser normalizes these in attributes.
            '\n' | '\t' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            _ => escape_char(out, c),
        }
    }
}

/// Escapes the text of an element, which keeps its line breaks.
fn escape_text(out: &mut String, text: &str) {
    text.chars().for_each(|c| escape_char(out, c));
}

fn escape_char(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&apos;"),
        // A parser makes a line feed of it.
        '\r' => out.push_str("&#13;"),
        _ => out.push(c),
    }
}
