//! The lists of known names and words, for those who show them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::list;

/// A name that the readers ask an element for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownName {
    /// The element: the name of the element around it and its own, such as `disk/driver`; `/domain` for the root.
    pub element: &'static str,
    /// The name of a child, or of an attribute, which begins with `@`.
    pub name: &'static str,
    /// The path of the name: `disk/driver/@cache` of an attribute, `memtune/hard_limit` of an element.
    pub path: String,
    /// Which releases read it, as a phrase.
    pub releases: String,
}

fn path(element: &str, name: &str) -> String {
    let own = element.rsplit('/').next().unwrap_or_default();
    let around = if name.starts_with('@') { element } else { own };
    format!("{around}/{name}")
}

/// Every name that a reader of any release asks for, by element.
///
/// ```
/// let names = virtargv_model::names::known_names();
/// let cache = names.iter().find(|name| name.path == "disk/driver/@cache").expect("a known name");
/// assert_eq!(cache.releases, "is read by every release");
/// ```
pub fn known_names() -> &'static [KnownName] {
    static ALL: OnceLock<Vec<KnownName>> = OnceLock::new();
    ALL.get_or_init(|| {
        let all = list::all().iter();
        all.flat_map(|(element, names)| {
            names.iter().map(|known| KnownName {
                element,
                name: known.name,
                path: path(element, known.name),
                releases: known.releases(),
            })
        })
        .collect()
    })
}

/// The words that the attribute or text at `path` can have; empty where it is no word.
///
/// ```
/// assert_eq!(virtargv_model::names::words("acpi/table/@type"), ["slic", "raw", "rawset", "msdm"]);
/// ```
pub fn words(path: &str) -> &'static [&'static str] {
    static ALL: OnceLock<BTreeMap<&'static str, Vec<&'static str>>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let lines = include_str!("words.txt").lines().filter_map(|line| line.split_once(' '));
        lines.map(|(path, words)| (path, words.split(' ').collect())).collect()
    });
    all.get(path).map_or(&[], Vec::as_slice)
}
