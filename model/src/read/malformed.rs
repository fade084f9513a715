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
            let what = format!("not well-formed XML: `</{close}>` comes before `<{open}>` is closed");
            let help = format!(
                "write `</{open}>` before it, or `/>` at the end of `<{open}>` where it has no content"
            );
            with_open_tag(Message::new(what).with_help(help), text, offset)
        }
        Error::UnclosedRootNode => {
            let open = open_tag(text, text.len()).and_then(|tag| text.get(tag)).and_then(tag_name);
            let message = match open {
                Some(name) => {
                    let what = format!("not well-formed XML: the document ends before `<{name}>` is closed");
                    Message::new(what).with_help(format!("add `</{name}>`"))
                }
                None => Message::new("not well-formed XML: the document ends before its elements are closed")
                    .with_help("add the end tags"),
            };
            with_open_tag(message, text, text.len())
        }
        Error::UnknownNamespace(prefix, _) => undeclared(text, prefix),
        Error::DuplicatedAttribute(name, _) => {
            let what = format!("not well-formed XML: an element has the attribute `{name}` twice");
            let message = Message::new(what).with_help(format!("remove one of the two `{name}=`"));
            match first_attribute(text, name, offset) {
                Some(first) => message.with_first(Place::bytes(first)),
                None => message,
            }
        }
        Error::UnknownEntityReference(name, _) => {
            let what = format!("not well-formed XML: the entity `&{name};` is not defined");
            let help = "write the character itself or its number, such as `&#160;`; for `&` write `&amp;`";
            Message::new(what).with_help(help)
        }
        Error::MalformedEntityReference(_) => {
            Message::new("not well-formed XML: `&` in a text or value is not written as `&amp;`")
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
            message
                .with_label(label, "`xmlns:qemu=` belongs here")
                .with_edit(Edit::text(at..at, format!(" {declaration}")))
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

/// The name of the element that a start tag opens.
fn tag_name(tag: &str) -> Option<&str> {
    tag.strip_prefix('<')?.split(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).next()
}

/// The first `name=` with its value in the tag that has the second at byte `offset`.
fn first_attribute(text: &str, name: &str, offset: usize) -> Option<Range<usize>> {
    let tag = text.get(..offset)?.rfind('<')?;
    let before = text.get(tag..offset)?;
    let mut from = 0;
    while let Some(found) = before.get(from..).and_then(|rest| rest.find(name)).map(|at| at + from) {
        let after = before.get(found + name.len()..)?;
        let value = after.trim_start().strip_prefix('=').map(str::trim_start);
        let begins = before.get(..found).is_some_and(|before| before.ends_with(char::is_whitespace));
        if let (true, Some(value)) = (begins, value)
            && let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\''))
            && let Some(length) = value.get(1..).and_then(|rest| rest.find(quote))
        {
            let end = before.len() - value.len() + length + 2;
            return Some(tag + found..tag + end);
        }
        from = found + name.len();
    }
    None
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
    fn the_first_of_two_attributes() {
        let check = |text: &str, expected: Option<&str>| {
            let offset = text.rfind("dev").unwrap_or_default();
            let found = first_attribute(text, "dev", offset);
            assert_eq!(found.and_then(|range| text.get(range)), expected, "{text}");
        };
        check("<a/><t dev='vda' dev='vdb'/>", Some("dev='vda'"));
        check("<t mydev='x' dev = \"v'a\" dev='vdb'/>", Some("dev = \"v'a\""));
        check("<t a='dev' dev='vdb'/>", None);
    }

    #[test]
    fn a_place_is_left_out() {
        assert_eq!(without_place("unknown token at 1:1"), "unknown token");
        assert_eq!(without_place("look at me"), "look at me");
    }
}
