//! Changes of single attributes and texts.

use virtargv_model::names::known_names;

use super::values;
use crate::examples::tree::{Node, Path};

/// All changes of one attribute or text at one place.
pub struct Change {
    /// The path of the attribute or text.
    pub path: String,
    /// Whether the document does not have it.
    pub adds: bool,
    /// The changed documents, each with the value that it has there; `None` where the attribute or text is gone.
    pub documents: Vec<(Node, Option<String>)>,
}

/// The changes of `document` that `wanted` wants, by path.
pub fn changes(document: &Node, adds: bool, wanted: &dyn Fn(&str) -> bool) -> Vec<Change> {
    let mut found = Vec::new();
    for at in document.paths() {
        let Some(node) = document.at(&at) else { continue };
        let key = key(document, &at, node);
        if adds {
            added(document, &at, (&key, node), wanted, &mut found);
        } else {
            present(document, &at, (&key, node), wanted, &mut found);
        }
    }
    found
}

/// How an element is called.
fn key(document: &Node, at: &[usize], node: &Node) -> String {
    let around = at.split_last().and_then(|(_, above)| document.at(above));
    format!("{}/{}", around.map_or("", |around| &around.name), node.name)
}

fn present(
    document: &Node,
    at: &Path,
    (key, node): (&str, &Node),
    wanted: &dyn Fn(&str) -> bool,
    found: &mut Vec<Change>,
) {
    let changed = |change: &dyn Fn(&mut Node)| {
        let mut document = document.clone();
        if let Some(node) = document.at_mut(at) {
            change(node);
        }
        document
    };
    for (index, (name, value)) in node.attributes.iter().enumerate() {
        let path = format!("{key}/@{name}");
        if name.starts_with("xmlns") || !wanted(&path) {
            continue;
        }
        let mut documents = vec![(changed(&|node| _ = node.attributes.remove(index)), None)];
        documents.extend(values(&path, Some(value)).into_iter().map(|value| {
            let document = changed(&|node| {
                if let Some((_, known)) = node.attributes.get_mut(index) {
                    known.clone_from(&value);
                }
            });
            (document, Some(value))
        }));
        found.push(Change { path, adds: false, documents });
    }
    if node.children.is_empty() && wanted(key) {
        let mut documents: Vec<_> = document.without(at).into_iter().map(|node| (node, None)).collect();
        if !node.text.is_empty() {
            let values = values(key, Some(&node.text));
            documents.extend(
                values.into_iter().map(|value| (changed(&|node| node.text.clone_from(&value)), Some(value))),
            );
        }
        found.push(Change { path: key.to_owned(), adds: false, documents });
    }
}

fn added(
    document: &Node,
    at: &Path,
    (key, node): (&str, &Node),
    wanted: &dyn Fn(&str) -> bool,
    found: &mut Vec<Change>,
) {
    for known in known_names().iter().filter(|known| known.element == key) {
        if !wanted(&known.path) {
            continue;
        }
        let add = |value: Option<&str>| {
            let mut document = document.clone();
            if let Some(node) = document.at_mut(at) {
                match known.name.strip_prefix('@') {
                    Some(name) => {
                        node.attributes.push((name.to_owned(), value.unwrap_or_default().to_owned()));
                    }
                    None => node.children.push(Node {
                        name: known.name.to_owned(),
                        text: value.unwrap_or_default().to_owned(),
                        ..Node::default()
                    }),
                }
            }
            document
        };
        let is_there = match known.name.strip_prefix('@') {
            Some(name) => node.attribute(name).is_some(),
            None => node.children.iter().any(|child| child.name == known.name),
        };
        if is_there {
            continue;
        }
        let values = values(&known.path, None).into_iter();
        let mut documents: Vec<_> = values.map(|value| (add(Some(&value)), Some(value))).collect();
        if !known.name.starts_with('@') {
            documents.push((add(None), None));
        }
        found.push(Change { path: known.path.clone(), adds: true, documents });
    }
}
