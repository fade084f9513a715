//! `<metadata>`: data of applications, each in an XML namespace of its own.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::read::El;
use crate::write::escaped;

/// The element as libvirt keeps it, indented for its level in `<domain>`: of each namespace the first element, and no
/// element without a namespace. `None` where none is left. (libvirt writes an empty element where there were only such
/// without a namespace, and drops it when it reads that again.)
pub(crate) fn read(el: El<'_>) -> Option<String> {
    let root = el.node()?;
    let mut seen = BTreeSet::new();
    let kept: Vec<roxmltree::Node<'_, '_>> = root
        .children()
        .filter(|child| match child.tag_name().namespace() {
            Some(namespace) if child.is_element() => seen.insert(namespace),
            _ => false,
        })
        .collect();
    if kept.is_empty() {
        return None;
    }
    let mut out = String::new();
    write(&mut out, root, &kept);
    Some(out)
}

/// The deepest level that is indented, as in libxml2. It keeps the text of a deep tree small.
const MAX_INDENT: usize = 30;

/// A pending step of writing.
enum Todo<'a, 'i> {
    Open(roxmltree::Node<'a, 'i>, usize),
    Close(&'a str),
    Line(usize),
}

/// Writes `root` with `kept` as its children. An explicit stack keeps a deep document from exhausting the thread's
/// stack.
fn write<'a, 'i>(out: &mut String, root: roxmltree::Node<'a, 'i>, kept: &[roxmltree::Node<'a, 'i>])
where
    'i: 'a,
{
    let mut todo = vec![Todo::Open(root, 1)];
    while let Some(next) = todo.pop() {
        match next {
            Todo::Line(depth) => {
                out.push('\n');
                out.extend(std::iter::repeat_n("  ", depth.min(MAX_INDENT)));
            }
            Todo::Close(name) => {
                let _ = write!(out, "</{name}>");
            }
            Todo::Open(node, _) if node.is_text() => text(out, node),
            Todo::Open(node, _) if !node.is_element() => {
                let text = node.document().input_text().get(node.range()).unwrap_or("");
                out.push_str(text);
            }
            Todo::Open(node, depth) => {
                let name = if node == root {
                    start_tag(out, node, &inherited(root))
                } else {
                    start_tag(out, node, &[])
                };
                let children = if node == root { kept.to_vec() } else { children(node) };
                if children.is_empty() {
                    out.push_str("/>");
                    continue;
                }
                out.push('>');
                let inline = children.iter().any(roxmltree::Node::is_text);
                todo.push(Todo::Close(name));
                if !inline {
                    todo.push(Todo::Line(depth));
                }
                for child in children.into_iter().rev() {
                    todo.push(Todo::Open(child, depth + 1));
                    if !inline {
                        todo.push(Todo::Line(depth + 1));
                    }
                }
            }
        }
    }
}

/// The children without white space between elements.
fn children<'a, 'i>(node: roxmltree::Node<'a, 'i>) -> Vec<roxmltree::Node<'a, 'i>> {
    let elements = node.has_children() && node.children().any(|child| !child.is_text());
    let blank = |child: &roxmltree::Node<'_, '_>| {
        child.is_text() && child.text().is_none_or(|text| text.trim().is_empty())
    };
    node.children().filter(|child| !(elements && blank(child))).collect()
}

/// Writes a text. A CDATA section stays one, as libxml2 keeps it as a node of its own.
fn text(out: &mut String, node: roxmltree::Node<'_, '_>) {
    const OPEN: &str = "<![CDATA[";
    const CLOSE: &str = "]]>";
    let mut rest = source(node);
    if !rest.contains(OPEN) {
        return out.push_str(&escaped(node.text().unwrap_or(""), None));
    }
    while let Some((before, after)) = rest.split_once(OPEN) {
        let (section, after) = after.split_once(CLOSE).unwrap_or((after, ""));
        out.push_str(&escaped(&decode(before), None));
        let _ = write!(out, "{OPEN}{section}{CLOSE}");
        rest = after;
    }
    out.push_str(&escaped(&decode(rest), None));
}

/// The markup of a text: up to the next sibling, or to the end tag of its parent.
fn source<'a>(node: roxmltree::Node<'a, '_>) -> &'a str {
    let text = node.document().input_text();
    let start = node.range().start;
    let end = node.next_sibling().map(|next| next.range().start).or_else(|| {
        let parent = node.parent()?.range();
        Some(parent.start + text.get(parent)?.rfind("</")?)
    });
    end.and_then(|end| text.get(start..end)).unwrap_or("")
}

/// The text that a markup without elements stands for.
fn decode(markup: &str) -> Cow<'_, str> {
    if !markup.contains('&') {
        return Cow::Borrowed(markup);
    }
    let mut text = String::new();
    let mut rest = markup;
    while let Some((before, after)) = rest.split_once('&') {
        let (name, after) = after.split_once(';').unwrap_or((after, ""));
        text.push_str(before);
        text.extend(character(name));
        rest = after;
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// The character that a reference such as `lt` or `#x41` stands for.
fn character(name: &str) -> Option<char> {
    let number = match name {
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "amp" => return Some('&'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => name.strip_prefix('#')?,
    };
    let code = match number.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    char::from_u32(code.ok()?)
}

/// The prefixes that elements and attributes in `root` use and that only an element around it declares, in the order of
/// their first use. libxml2 declares them on the copy of the element.
fn inherited<'a>(root: roxmltree::Node<'a, '_>) -> Vec<&'a str> {
    let mut used: Vec<&str> = Vec::new();
    // The declarations in force, each with the byte offset at which its element ends.
    let mut declared: Vec<(&str, usize)> = Vec::new();
    for node in root.descendants().filter(roxmltree::Node::is_element) {
        let range = node.range();
        while declared.pop_if(|(_, end)| *end <= range.start).is_some() {}
        let names = attribute_names(node.document().input_text().get(range.clone()).unwrap_or(""));
        declared.extend(names.iter().filter_map(|name| Some((name.strip_prefix("xmlns:")?, range.end))));
        for (prefix, _) in names.iter().filter_map(|name| name.split_once(':')) {
            let known = matches!(prefix, "xmlns" | "xml") || used.contains(&prefix);
            if !known && !declared.iter().any(|(other, _)| *other == prefix) {
                used.push(prefix);
            }
        }
    }
    used
}

/// Writes `<`, the name and the attributes of an element, after those that declare the prefixes `inherited`, and returns
/// the name with prefix.
fn start_tag<'a>(out: &mut String, node: roxmltree::Node<'a, '_>, inherited: &[&str]) -> &'a str {
    let text = node.document().input_text().get(node.range()).unwrap_or("");
    let mut names = attribute_names(text);
    let name = if names.is_empty() { "" } else { names.remove(0) };
    let _ = write!(out, "<{name}");
    let (declared, plain): (Vec<&str>, Vec<&str>) =
        names.into_iter().partition(|name| *name == "xmlns" || name.starts_with("xmlns:"));
    for name in declared {
        let prefix = name.strip_prefix("xmlns:");
        attribute(out, name, node.lookup_namespace_uri(prefix).unwrap_or(""));
    }
    for prefix in inherited {
        attribute(out, &format!("xmlns:{prefix}"), node.lookup_namespace_uri(Some(prefix)).unwrap_or(""));
    }
    for (name, value) in plain.into_iter().zip(node.attributes()) {
        attribute(out, name, value.value());
    }
    name
}

/// The name of an element and the names of its attributes, in the order of its start tag.
fn attribute_names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text.strip_prefix('<').unwrap_or(text);
    loop {
        rest = rest.trim_start();
        let end = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '/' | '>'));
        let (name, tail) = rest.split_at(end.unwrap_or(rest.len()));
        if name.is_empty() {
            return names;
        }
        names.push(name);
        rest = tail.trim_start();
        if let Some(value) = rest.strip_prefix('=').map(str::trim_start) {
            let Some(quote) = value.chars().next() else { return names };
            let Some((_, tail)) = value.get(1..).and_then(|value| value.split_once(quote)) else {
                return names;
            };
            rest = tail;
        }
    }
}

fn attribute(out: &mut String, name: &str, value: &str) {
    let _ = write!(out, " {name}=\"");
    out.push_str(&escaped(value, Some('"')));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    #[test]
    fn prefixes_of_the_domain() {
        let check = |content: &str, expected: Expect| {
            let text = format!(
                "<domain type='qemu' xmlns:x='u:x' xmlns:y='u:y'><metadata>{content}</metadata></domain>"
            );
            expected.assert_eq(crate::parse(&text).value.unwrap().metadata.as_deref().unwrap());
        };
        check(
            "<y:a x:k='1'/>",
            expect![[r#"
                <metadata xmlns:y="u:y" xmlns:x="u:x">
                    <y:a x:k="1"/>
                  </metadata>"#]],
        );
        check(
            "<plain x:k='1'/><y:a xmlns:y='u:other'/>",
            expect![[r#"
                <metadata xmlns:x="u:x">
                    <y:a xmlns:y="u:other"/>
                  </metadata>"#]],
        );
    }

    #[test]
    fn one_element_a_namespace() {
        let check = |content: &str, expected: Expect| {
            let text = format!("<domain type='qemu'><metadata xmlns:y='u:y'>{content}</metadata></domain>");
            let domain = crate::parse(&text).value.unwrap();
            expected.assert_eq(domain.metadata.as_deref().unwrap());
            assert_eq!(crate::parse(&crate::format(&domain)).value.unwrap(), domain);
        };
        check(
            "<y:e>a<![CDATA[<b> &amp;]]>c&lt;&#65;</y:e>",
            expect![[r#"
                <metadata xmlns:y="u:y">
                    <y:e>a<![CDATA[<b> &amp;]]>c&lt;A</y:e>
                  </metadata>"#]],
        );
        let bare = crate::parse("<domain type='qemu'><metadata xmlns:y='u:y'><plain/></metadata></domain>");
        assert_eq!(bare.value.unwrap().metadata, None);
        check(
            r#"<a xmlns='u:a' k='"v&apos;'><b> <!--c--> <y:d/></b></a> <y:e>t<y:f/></y:e><y:g/>"#,
            expect![[r#"
                <metadata xmlns:y="u:y">
                    <a xmlns="u:a" k="&quot;v'">
                      <b>
                        <!--c-->
                        <y:d/>
                      </b>
                    </a>
                    <y:e>t<y:f/></y:e>
                  </metadata>"#]],
        );
    }
}
