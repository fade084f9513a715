//! `<metadata>`: data of applications, each in an XML namespace of its own.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::read::El;

/// The element as libvirt keeps it, indented for its level in `<domain>`: of each namespace the first element, and no
/// element without a namespace.
pub(crate) fn read(el: El<'_>) -> String {
    let root = el.node();
    let mut seen = BTreeSet::new();
    let kept: Vec<roxmltree::Node<'_, '_>> = root
        .children()
        .filter(|child| match child.tag_name().namespace() {
            Some(namespace) if child.is_element() => seen.insert(namespace),
            _ => false,
        })
        .collect();
    let mut out = String::new();
    write(&mut out, root, &kept);
    out
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
            Todo::Open(node, _) if node.is_text() => escape(out, node.text().unwrap_or(""), false),
            Todo::Open(node, _) if !node.is_element() => {
                let text = node.document().input_text().get(node.range()).unwrap_or("");
                out.push_str(text);
            }
            Todo::Open(node, depth) => {
                let name = start_tag(out, node);
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

/// Writes `<`, the name and the attributes of an element, and returns the name with prefix.
fn start_tag<'a>(out: &mut String, node: roxmltree::Node<'a, '_>) -> &'a str {
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
    escape(out, value, true);
    out.push('"');
}

fn escape(out: &mut String, text: &str, quoted: bool) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if quoted => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' if quoted => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    #[test]
    fn one_element_a_namespace() {
        let check = |content: &str, expected: Expect| {
            let text = format!("<domain type='qemu'><metadata xmlns:y='u:y'>{content}</metadata></domain>");
            let domain = crate::parse(&text).value.unwrap();
            expected.assert_eq(domain.metadata.as_deref().unwrap());
            assert_eq!(crate::parse(&crate::format(&domain)).value.unwrap(), domain);
        };
        check("<plain/>", expect![[r#"<metadata xmlns:y="u:y"/>"#]]);
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
