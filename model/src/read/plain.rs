//! Reading plain XML: elements, attributes, texts and comments, without references, namespaces, sections of character data,
//! processing instructions and declarations. Nearly all domain documents are that, and they are read here in a third of the time
//! that a whole XML parser takes.
//!
//! This reader refuses nothing: what is not plain, or not well-formed, is left to the XML parser, which tells what is wrong. What
//! it reads is well-formed, and it reads it as the XML parser does (a test compares them).

use super::table::{Attribute, Table, Text, number};

/// The most attributes of an element that are compared with each other.
const MAX_ATTRIBUTES: usize = 64;

/// The table of the document `text`, where it is plain and has fewer than `nodes` elements, texts and comments.
pub(super) fn read(text: &str, nodes: usize) -> Option<Table<'_>> {
    let mut scan = Scan { text, at: 0, table: Table::for_text(text), open: Vec::with_capacity(16), nodes };
    scan.outside()?;
    scan.start_tag()?;
    while !scan.open.is_empty() {
        scan.content()?;
    }
    scan.outside()?;
    (scan.at == text.len()).then_some(scan.table)
}

/// What the first child of an element is.
#[derive(Clone, Copy, PartialEq)]
enum First {
    /// There is none yet.
    None,
    /// A text that is not blank.
    Text,
    /// An element, a comment or a blank text.
    Other,
}

/// An element whose end tag was not read yet.
struct Open<'a> {
    row: u32,
    /// The byte offset of its `<`.
    start: u32,
    name: &'a str,
    first: First,
}

/// A document that is being read.
struct Scan<'a> {
    text: &'a str,
    /// The byte offset of what is read next.
    at: usize,
    table: Table<'a>,
    open: Vec<Open<'a>>,
    /// The number of elements, texts and comments that may still come.
    nodes: usize,
}

/// What a byte can be part of.
mod class {
    /// The first byte of a name.
    pub(super) const START: u8 = 1;
    /// A byte of a name.
    pub(super) const NAME: u8 = 2;
    /// White space.
    pub(super) const SPACE: u8 = 4;
    /// A byte of the value of an attribute.
    pub(super) const VALUE: u8 = 8;
    /// A byte of a text.
    pub(super) const TEXT: u8 = 16;
    /// A byte of a comment.
    pub(super) const COMMENT: u8 = 32;
    /// White space of a text that only lays the document out.
    pub(super) const LAYOUT: u8 = 64;

    /// For each byte, what it can be part of.
    #[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
    pub(super) const OF: [u8; 256] = {
        let mut all = [0; 256];
        let mut byte = u8::MAX;
        loop {
            all[byte as usize] = of(byte);
            if byte == 0 {
                break all;
            }
            byte -= 1;
        }
    };

    const fn of(byte: u8) -> u8 {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => START | NAME | VALUE | TEXT | COMMENT,
            b'0'..=b'9' | b'.' => NAME | VALUE | TEXT | COMMENT,
            // A comment is not read over a `-`, nor a value over a quote: those can be its end.
            b'-' => NAME | VALUE | TEXT,
            b'"' | b'\'' => TEXT | COMMENT,
            b' ' => SPACE | LAYOUT | VALUE | TEXT | COMMENT,
            // They are another character in a value.
            b'\t' | b'\n' => SPACE | LAYOUT | TEXT | COMMENT,
            // It is a line break in a text, as with the `\n` that can follow.
            b'\r' => SPACE | COMMENT,
            b'<' | b'&' => COMMENT,
            // `]]>` is not allowed in a text.
            b']' => VALUE | COMMENT,
            // The first byte of two characters that are not allowed.
            0xef | 0..b' ' => 0,
            _ => VALUE | TEXT | COMMENT,
        }
    }
}

/// Whether `byte` is one of `class`.
#[inline]
fn is(byte: u8, class: u8) -> bool {
    class::OF.get(usize::from(byte)).is_some_and(|of| of & class != 0)
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Reads over bytes of `class`. Returns them.
    #[inline]
    fn while_in(&mut self, class: u8) -> Option<&'a str> {
        let start = self.at;
        let rest = self.rest();
        self.at += rest.iter().position(|byte| !is(*byte, class)).unwrap_or(rest.len());
        self.text.get(start..self.at)
    }

    /// Reads over `byte`; `None` where another one is next.
    #[inline]
    fn byte(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then(|| self.at += 1)
    }

    #[inline]
    fn spaces(&mut self) {
        while self.next().is_some_and(|byte| is(byte, class::SPACE)) {
            self.at += 1;
        }
    }

    #[inline]
    fn name(&mut self) -> Option<&'a str> {
        if !is(self.next()?, class::START) {
            return None;
        }
        self.while_in(class::NAME)
    }

    /// Counts an element, text or comment.
    fn count(&mut self) -> Option<()> {
        self.nodes = self.nodes.checked_sub(1)?;
        Some(())
    }

    /// Reads what is before and after the root element.
    fn outside(&mut self) -> Option<()> {
        self.spaces();
        while self.rest().starts_with(b"<!--") {
            self.comment()?;
            self.spaces();
        }
        Some(())
    }

    /// Reads a text, a comment or a tag in the innermost open element.
    fn content(&mut self) -> Option<()> {
        if self.next()? != b'<' {
            return self.text();
        }
        match self.text.as_bytes().get(self.at + 1)? {
            b'/' => self.end_tag(),
            b'!' => {
                self.begin_child(First::Other);
                self.comment()
            }
            _ => {
                self.begin_child(First::Other);
                self.start_tag()
            }
        }
    }

    /// Notes what the first child of the innermost open element is, where it had none.
    fn begin_child(&mut self, child: First) {
        if let Some(open) = self.open.last_mut()
            && open.first == First::None
        {
            open.first = child;
        }
    }

    /// Reads `<name attribute='value'>` or `<name attribute='value'/>`.
    fn start_tag(&mut self) -> Option<()> {
        self.count()?;
        let start = self.at;
        self.byte(b'<')?;
        let name = self.name()?;
        let first = self.table.attributes.len();
        loop {
            let before = self.at;
            self.spaces();
            match self.next()? {
                b'>' | b'/' => break,
                _ if self.at == before => return None,
                _ => self.attribute(first)?,
            }
        }
        let around = self.open.last().map(|open| open.row);
        // What is in `<metadata>` is kept as XML, of which only the parser's tree has all.
        if name == "metadata" {
            return None;
        }
        let row = self.table.open(name, start, around, number(first));
        if self.byte(b'/').is_none() {
            self.open.push(Open { row, start: number(start), name, first: First::None });
        }
        self.byte(b'>')
    }

    /// Reads an attribute of the element whose attributes are those from number `first` on.
    fn attribute(&mut self, first: usize) -> Option<()> {
        let start = self.at;
        let name = self.name()?;
        self.spaces();
        self.byte(b'=')?;
        self.spaces();
        let quote = self.next().filter(|byte| matches!(byte, b'"' | b'\''))?;
        self.at += 1;
        let value_start = self.at;
        loop {
            self.while_in(class::VALUE)?;
            match self.next()? {
                byte if byte == quote => break,
                b'"' | b'\'' => self.at += 1,
                _ => return None,
            }
        }
        let value = self.text.get(value_start..self.at)?;
        self.at += 1;
        let earlier = self.table.attributes.get(first..)?;
        if name == "xmlns"
            || earlier.len() >= MAX_ATTRIBUTES
            || earlier.iter().any(|known| known.name == name)
        {
            return None;
        }
        self.table.attributes.push(Attribute {
            name,
            value,
            range: (number(start), number(self.at)),
            is_foreign: false,
        });
        Some(())
    }

    /// Reads `</name>`, which ends the innermost open element.
    fn end_tag(&mut self) -> Option<()> {
        self.at += 2;
        let open = self.open.pop()?;
        if self.name()? != open.name {
            return None;
        }
        self.spaces();
        self.table.close(open.row);
        self.byte(b'>')
    }

    /// Reads a text. White space that only lays the document out is left out.
    fn text(&mut self) -> Option<()> {
        self.count()?;
        let start = self.at;
        self.while_in(class::LAYOUT)?;
        let is_blank = self.next()? == b'<';
        self.while_in(class::TEXT)?;
        if self.next()? != b'<' {
            return None;
        }
        let text = self.text.get(start..self.at)?;
        let Open { first, start: around, .. } = *self.open.last()?;
        let is_kept = match first {
            First::None if is_blank => self.rest().starts_with(b"</"),
            First::None | First::Text => true,
            First::Other => !is_blank,
        };
        if is_kept {
            self.table.texts.push(Text { content: text, around, range: (number(start), number(self.at)) });
        }
        self.begin_child(if is_blank { First::Other } else { First::Text });
        Some(())
    }

    /// Reads a comment.
    fn comment(&mut self) -> Option<()> {
        self.count()?;
        if !self.rest().starts_with(b"<!--") {
            return None;
        }
        self.at += 4;
        loop {
            self.while_in(class::COMMENT)?;
            self.byte(b'-')?;
            if self.byte(b'-').is_some() {
                return self.byte(b'>');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::Table;
    use super::super::tree::document;

    /// Documents with all that is read here, and most of what is left to the parser.
    const DOCUMENTS: [&str; 6] = [
        "<domain type='kvm'>\n  <name>demo</name> <!-- a - b -->\n  <os a=\"it's\" b='1'/>text<b> </b> \n</domain>\n",
        "<!-- - --> <a>\t<b>x<c/> <d></d>\n</b><e>\n</e><f><!----> </f>\u{e4}</a><!-- -->",
        "<a b='\u{e4}&lt;' c = \"'\" >1&amp;2 > 3 ]] 4<![CDATA[ <x> ]]></a>",
        "<?xml version='1.0'?><a xmlns='u' xmlns:p='v'><p:b p:c='d' e='f'/><?pi x?><metadata><p:x/></metadata></a>",
        "<a b='\n\t'>\r\n<c>\r\n</c>\u{feff}\u{7f}</a>",
        "<a b='1' c='2' d='3'><a/><a/>  <a>1<!-- 2 -->3<a>4</a>5 </a></a>",
    ];

    /// Whatever is read here, the parser reads the same.
    fn check(text: &str) -> bool {
        let Some(mut plain) = super::read(text, 100) else { return false };
        let tree = document(text).unwrap_or_else(|_| panic!("only the parser refuses {text:?}"));
        let mut full = Table::of(&tree);
        full.rows.iter_mut().for_each(|row| row.node = None);
        for (plain, full) in plain.rows.iter_mut().zip(&full.rows) {
            assert_eq!(format!("{plain:?}"), format!("{full:?}"), "{text:?}");
        }
        assert_eq!(format!("{plain:?}"), format!("{full:?}"), "{text:?}");
        true
    }

    #[test]
    fn plain_documents_are_read_as_the_parser_reads_them() {
        let read: Vec<_> = DOCUMENTS.map(check).to_vec();
        assert_eq!(read, [true, true, false, false, false, true]);
    }

    #[test]
    fn every_document_one_change_away_is_read_as_the_parser_reads_it() {
        const PUT: [&str; 26] = [
            "", "<", ">", "/", "&", "'", "\"", "=", "!", "-", "--", "-->", "<!--", "]", "]]>", "?", ":", " ",
            "\n", "\r", "\t", "\u{0}", "\u{ffff}", "a", "1", "<x/>",
        ];
        let mut read = 0;
        for text in DOCUMENTS {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            for (n, &at) in places.iter().enumerate() {
                for length in 0..3 {
                    let end = places.get(n + length).copied().unwrap_or(text.len());
                    for put in PUT {
                        read += usize::from(check(&format!("{}{put}{}", &text[..at], &text[end..])));
                    }
                }
            }
        }
        assert!(read > 4000, "{read} are plain");
    }

    #[test]
    fn documents_with_many_nodes_are_left_to_the_parser() {
        let text = "<a><b/> <!----> </a>";
        // Two elements, two texts, a comment.
        assert!(super::read(text, 5).is_some());
        assert!(super::read(text, 4).is_none());
    }
}
