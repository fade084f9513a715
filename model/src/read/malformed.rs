//! What to say of a text that is not well-formed XML.

use std::ops::Range;

use roxmltree::Error;

use crate::{Edit, Message, Place};

/// The namespace of `<qemu:commandline>` and the other extensions of the QEMU driver.
const QEMU_NAMESPACE: &str = "http://libvirt.org/schemas/domain/qemu/1.0";

/// The message for `error`, which the XML parser found at byte `offset` of `text`.
pub(super) fn message(text: &str, error: &Error, offset: usize) -> Message {
    match error {
        Error::UnexpectedCloseTag(open, close, _) => {
            let what = format!("not well-formed XML: `</{close}>` where `<{open}>` has to be closed first");
            let help =
                format!("write `</{open}>` before it, or `<{open} .../>` for an element without content");
            with_open_tag(Message::new(what).with_help(help), text, offset)
        }
        Error::UnclosedRootNode => {
            let message = Message::new("not well-formed XML: the text ends before its elements are closed");
            with_open_tag(message.with_help("add the end tags that are missing"), text, text.len())
        }
        Error::UnknownNamespace(prefix, _) => undeclared(text, prefix),
        Error::DuplicatedAttribute(name, _) => {
            let what = format!("not well-formed XML: the element has `{name}` twice");
            Message::new(what).with_help(format!("remove one `{name}=`"))
        }
        Error::UnknownEntityReference(name, _) => {
            let what = format!("not well-formed XML: the entity `&{name};` is not defined");
            Message::new(what).with_help("write `&amp;` for `&`, `&lt;` for `<`, `&quot;` for `\"`")
        }
        Error::MalformedEntityReference(_) => {
            Message::new("not well-formed XML: `&` begins an entity reference")
                .with_help("write `&amp;` for `&`")
        }
        Error::InvalidChar(_, b'"' | b'\'', _) | Error::InvalidChar2("a quote", _, _) => {
            let message = Message::new("not well-formed XML: the value of an attribute is not in quotes");
            message.with_help("write the value in quotes: `name='value'`")
        }
        Error::UnknownToken(_) if !text.trim_start().starts_with('<') => Message::new("the text is not XML")
            .with_help("pass a domain document, which begins with `<domain`"),
        Error::DtdDetected => Message::new("the document has a document type declaration, which is not read")
            .with_help("remove `<!DOCTYPE ...>`"),
        Error::NodesLimitReached => Message::new(
            "the document has more elements than a text of its size can have in a usual document",
        )
        .with_help("write values in elements with longer names, or fewer elements"),
        Error::UnexpectedDeclaration(_) => Message::new(
            "not well-formed XML: `<?xml ...?>` is not at the beginning of the text",
        )
        .with_help("remove what is before `<?xml`, blanks and line breaks too, or remove the declaration"),
        Error::NoRootNode => {
            Message::new("there is no element in the text").with_help("pass a domain document")
        }
        error => Message::new(format!("not well-formed XML: {}", without_place(&error.to_string()))),
    }
}

/// A prefix that is not declared. That of the QEMU driver's extensions has one declaration that is right.
fn undeclared(text: &str, prefix: &str) -> Message {
    let message = Message::new(format!("the namespace prefix `{prefix}` is not declared"));
    if prefix != "qemu" {
        return message.with_help(format!("declare `xmlns:{prefix}='...'` on the outermost element"));
    }
    let declaration = format!("xmlns:qemu='{QEMU_NAMESPACE}'");
    let message = message.with_help(format!("declare `{declaration}` on `<domain>`"));
    match text.find("<domain") {
        Some(root) => {
            let at = root + "<domain".len();
            let label = Place::bytes(root..at);
            message.with_label(label, "here").with_edit(Edit::text(at..at, format!(" {declaration}")))
        }
        None => message,
    }
}

/// With a label at the innermost tag that is open at byte `offset`.
fn with_open_tag(message: Message, text: &str, offset: usize) -> Message {
    match open_tag(text, offset) {
        Some(tag) => message.with_label(Place::bytes(tag), "opened here"),
        None => message,
    }
}

/// The innermost tag that is open at byte `offset`, all text before it being well-formed.
fn open_tag(text: &str, offset: usize) -> Option<Range<usize>> {
    let text = text.get(..offset)?;
    let mut open = Vec::new();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find('<')).map(|found| at + found) {
        let rest = text.get(start..)?;
        let skipped = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
        let end = match skipped.into_iter().find(|(begin, _)| rest.starts_with(begin)) {
            Some((_, end)) => rest.find(end).map(|found| found + end.len()),
            None => tag_length(rest),
        };
        let Some(end) = end else { break };
        match rest.get(..end) {
            Some(tag) if tag.starts_with("</") => drop(open.pop()),
            Some(tag) if tag.starts_with("<!") || tag.starts_with("<?") || tag.ends_with("/>") => {}
            _ => open.push(start..start + end),
        }
        at = start + end;
    }
    open.pop()
}

/// The length of the tag with which `text` begins. A `>` in quotes does not end it.
fn tag_length(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

/// The parser's text without its place, which is shown with every problem.
fn without_place(text: &str) -> &str {
    match text.rsplit_once(" at ") {
        Some((what, place)) if place.bytes().all(|b| b.is_ascii_digit() || b == b':') => what,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_that_is_open() {
        let check = |text: &str, expected: Option<&str>| {
            let found = open_tag(text, text.len());
            assert_eq!(found.and_then(|range| text.get(range)), expected, "{text}");
        };
        check("<a><b x='>'>", Some("<b x='>'>"));
        check("<a><b/><c></c>", Some("<a>"));
        check("<?xml version='1.0'?><!-- <z> --><a><![CDATA[<y>]]>", Some("<a>"));
        check("<a></a>", None);
        check("<a", None);
    }

    #[test]
    fn a_place_is_left_out() {
        assert_eq!(without_place("unknown token at 1:1"), "unknown token");
        assert_eq!(without_place("look at me"), "look at me");
    }
}
