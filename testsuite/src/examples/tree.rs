//! A document as a tree that can be changed and printed again.

use std::fmt::Write as _;

use virtargv_model::escaped;

/// An element.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Node {
    /// Its name, with the prefix.
    pub name: String,
    /// Its attributes, declarations of namespaces among them.
    pub attributes: Vec<(String, String)>,
    /// Its text, without white space at both ends.
    pub text: String,
    /// Its children.
    pub children: Vec<Node>,
}

/// Where a node is: the index of the child at each level.
pub type Path = Vec<usize>;

impl Node {
    /// Parses a document; `None` where it is not XML.
    pub fn parse(text: &str) -> Option<Self> {
        let document = roxmltree::Document::parse(text).ok()?;
        Some(Self::of(text, document.root_element()))
    }

    fn of(text: &str, node: roxmltree::Node<'_, '_>) -> Self {
        let written = text.get(node.range().start + 1..).unwrap_or_default();
        let end = written.find(|c: char| c.is_whitespace() || c == '/' || c == '>').unwrap_or(0);
        let above: Vec<_> =
            node.parent_element().into_iter().flat_map(|parent| parent.namespaces()).collect();
        let spaces = node.namespaces().filter(|space| space.name() != Some("xml") && !above.contains(space));
        let declared = spaces.map(|space| {
            let name = space.name().map_or_else(|| "xmlns".to_owned(), |prefix| format!("xmlns:{prefix}"));
            (name, space.uri().to_owned())
        });
        let given = node.attributes().map(|attribute| {
            let name = text.get(attribute.range_qname()).unwrap_or_default();
            (name.to_owned(), attribute.value().to_owned())
        });
        let words: String =
            node.children().filter(roxmltree::Node::is_text).filter_map(|child| child.text()).collect();
        Self {
            name: written.get(..end).unwrap_or_default().to_owned(),
            attributes: declared.chain(given).collect(),
            text: words.trim().to_owned(),
            children: node
                .children()
                .filter(roxmltree::Node::is_element)
                .map(|child| Self::of(text, child))
                .collect(),
        }
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The node at `path`.
    pub fn at(&self, path: &[usize]) -> Option<&Self> {
        path.iter().try_fold(self, |node, index| node.children.get(*index))
    }

    /// The node at `path`, to be changed.
    pub fn at_mut(&mut self, path: &[usize]) -> Option<&mut Self> {
        path.iter().try_fold(self, |node, index| node.children.get_mut(*index))
    }

    /// The tree without the node at `path`; `None` for the root.
    pub fn without(&self, path: &[usize]) -> Option<Self> {
        let (last, parent) = path.split_last()?;
        let mut tree = self.clone();
        let children = &mut tree.at_mut(parent)?.children;
        (*last < children.len()).then(|| children.remove(*last))?;
        Some(tree)
    }

    /// The paths of all nodes, parents before children.
    pub fn paths(&self) -> Vec<Path> {
        let mut all = vec![Vec::new()];
        for (n, child) in self.children.iter().enumerate() {
            all.extend(child.paths().into_iter().map(|mut path| {
                path.insert(0, n);
                path
            }));
        }
        all
    }

    /// The tree as a document.
    pub fn print(&self) -> String {
        self.print_placed().0
    }

    /// The tree as a document, with the first byte after each node, parents before children.
    fn print_placed(&self) -> (String, Vec<(usize, usize, Path)>) {
        let (mut out, mut places) = (String::new(), Vec::new());
        self.write(&mut out, &mut places, &mut Vec::new());
        (out, places)
    }

    fn write(&self, out: &mut String, places: &mut Vec<(usize, usize, Path)>, path: &mut Path) {
        let indent = "  ".repeat(path.len());
        out.push_str(&indent);
        let (index, start) = (places.len(), out.len());
        places.push((start, start, path.clone()));
        let _ = write!(out, "<{}", self.name);
        for (name, value) in &self.attributes {
            let _ = write!(out, " {name}='{}'", escaped(value, Some('\'')));
        }
        match (self.text.is_empty(), self.children.is_empty()) {
            (true, true) => out.push_str("/>"),
            (false, true) => {
                let _ = write!(out, ">{}</{}>", escaped(&self.text, Some('\'')), self.name);
            }
            (_, false) => {
                let _ = writeln!(out, ">{}", escaped(&self.text, Some('\'')));
                for (n, child) in self.children.iter().enumerate() {
                    path.push(n);
                    child.write(out, places, path);
                    path.pop();
                }
                let _ = write!(out, "{indent}</{}>", self.name);
            }
        }
        if let Some((_, end, _)) = places.get_mut(index) {
            *end = out.len();
        }
        out.push('\n');
    }

    /// The path of the innermost node that has byte `offset` of the printed document.
    pub fn path_of(&self, offset: usize) -> Path {
        let (_, places) = self.print_placed();
        let mut around = places.into_iter().filter(|(start, end, _)| (*start..*end).contains(&offset));
        around.next_back().map(|(_, _, path)| path).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_printed_and_read_again() {
        let text = "<a xmlns:q='urn:q' x='1'><b>text</b>\n<q:c y='&amp;&#10;'><d/></q:c></a>";
        let tree = Node::parse(text).unwrap();
        let printed =
            "<a xmlns:q='urn:q' x='1'>\n  <b>text</b>\n  <q:c y='&amp;&#10;'>\n    <d/>\n  </q:c>\n</a>\n";
        assert_eq!(tree.print(), printed);
        assert_eq!(Node::parse(printed), Some(tree.clone()));
        assert_eq!(tree.path_of(printed.find("<d/>").unwrap()), [1, 0]);
        assert_eq!(tree.path_of(printed.find("y=").unwrap()), [1]);
        assert_eq!(tree.without(&[1, 0]).unwrap().paths(), [vec![], vec![0], vec![1]]);
    }
}
