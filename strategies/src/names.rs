//! The names of the domain format: attributes and children of each element by its parent.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The attributes and children of an element.
#[derive(Debug, Default)]
pub struct Row {
    /// Names of attributes.
    pub attributes: Vec<&'static str>,
    /// Names of children.
    pub children: Vec<&'static str>,
}

/// All rows, by parent and name.
#[derive(Debug)]
pub struct Names(BTreeMap<&'static str, BTreeMap<&'static str, Row>>);

static NAMES: LazyLock<Names> = LazyLock::new(|| Names::parse(include_str!("names.txt")));

impl Names {
    /// The table in `names.txt`.
    pub fn table() -> &'static Self {
        &NAMES
    }

    fn parse(text: &'static str) -> Self {
        let mut rows: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((key, words)) = line.split_once(':') else { continue };
            let Some((parent, name)) = key.split_once('/') else { continue };
            let mut row = Row::default();
            for word in words.split_whitespace() {
                match word.strip_prefix('@') {
                    Some(name) => row.attributes.push(name),
                    None => row.children.push(word),
                }
            }
            rows.entry(parent).or_default().insert(name, row);
        }
        Self(rows)
    }

    /// The attributes and children of `name` in `parent`.
    pub fn row(&self, parent: &str, name: &str) -> Option<&Row> {
        self.0.get(parent)?.get(name)
    }
}
