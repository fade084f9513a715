//! Writing the model back as a domain document, in the layout the reference uses: two spaces a level, single quotes.

use std::fmt::{Display, Write as _};

/// Collects an XML text.
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

    /// Starts `<name`; attributes and content follow, and one of [`Tag`]'s closing calls ends it.
    pub fn element<'w>(&'w mut self, name: &'w str) -> Tag<'w> {
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        Tag { w: self, name }
    }

    /// `<name>text</name>`.
    pub fn text_element(&mut self, name: &str, text: impl Display) {
        self.element(name).text(text);
    }

    /// `<name>text</name>` where there is a text.
    pub fn opt_text_element(&mut self, name: &str, text: Option<impl Display>) {
        if let Some(text) = text {
            self.text_element(name, text);
        }
    }

    /// Well-formed XML put in as it is, such as a `<metadata>` element.
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
    /// ` name='value'`.
    pub fn attr(self, name: &str, value: impl Display) -> Self {
        let _ = write!(self.w.out, " {name}='");
        escape(&mut self.w.out, &value.to_string());
        self.w.out.push('\'');
        self
    }

    /// ` name='value'` where there is a value.
    pub fn opt(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.attr(name, value),
            None => self,
        }
    }

    /// Ends it as `/>`.
    pub fn empty(self) {
        self.w.out.push_str("/>\n");
    }

    /// Ends it as `>text</name>`.
    pub fn text(self, text: impl Display) {
        self.w.out.push('>');
        escape(&mut self.w.out, &text.to_string());
        let _ = writeln!(self.w.out, "</{}>", self.name);
    }

    /// Writes what `body` writes between start and end tag, or `/>` where it writes nothing.
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

    /// As [`Tag::children`], but with an end tag of its own even where `body` writes nothing.
    pub fn open_children(self, body: impl FnOnce(&mut Writer)) {
        self.w.out.push_str(">\n");
        self.w.depth += 1;
        body(self.w);
        self.w.depth -= 1;
        self.w.indent();
        let _ = writeln!(self.w.out, "</{}>", self.name);
    }

    /// As [`Tag::children`], but nothing at all is written where `body` writes nothing and no attribute was given.
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

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // A parser would fold these into spaces or drop them.
            '\n' | '\r' | '\t' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            _ => out.push(c),
        }
    }
}
