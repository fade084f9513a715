//! Where each attribute of the domain format goes: on the command line, on QEMU's monitor after the start, to the host, or nowhere.
//!
//! `attributes/effects.txt` has what changing each attribute in the project's documents changes, and is made by the test that does so
//! (`testsuite/tests/attributes.rs`). `attributes/reasons.txt` says of those where nothing is seen where they go all the same, or why they
//! have no effect. A test compares both with what the readers ask for, so that no attribute is without a place.

mod named;

use std::sync::OnceLock;

use virtargv_model::Rule;
use virtargv_model::advice::{Nearest, nearest};
use virtargv_model::names::{known_names, words};
use virtargv_qemu_cmd::{Need, Work};

/// Where an attribute, or the text of an element, goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Goes {
    /// Onto the command line.
    Line,
    /// To QEMU's monitor, after the start.
    After,
    /// To the host: what QEMU needs, or what is done beside.
    Host,
    /// Nowhere: it has no effect on the guest.
    Nowhere,
}

impl Goes {
    /// Its name, as in JSON and in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::After => "after",
            Self::Host => "host",
            Self::Nowhere => "none",
        }
    }

    /// A phrase for people.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Line => "on the command line",
            Self::After => "on QEMU's monitor after the start",
            Self::Host => "the host's work",
            Self::Nowhere => "without effect",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Line, Self::After, Self::Host, Self::Nowhere].into_iter().find(|goes| goes.name() == word)
    }
}

/// An effect that changing the attribute has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Where.
    pub goes: Goes,
    /// Options and their properties, commands of QMP, or names of needs and of work on the host.
    pub what: Vec<&'static str>,
}

/// What a need or work of the host with this name, as in [`Shown::what`] of [`Goes::Host`], is, as a sentence.
pub fn about_host(name: &str) -> Option<&'static str> {
    Work::named(name).map(Work::about).or_else(|| Need::about(name))
}

/// An attribute of the domain format, or the text of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its path: the element around its element, the element, and `@` with the name of the attribute; without the last for a
    /// text or an element that says something by being there.
    pub path: &'static str,
    /// Where it goes in the first place.
    pub goes: Goes,
    /// The effects that were shown, in order of [`Goes`].
    pub shown: Vec<Shown>,
    /// Why it goes there, where nothing is shown.
    pub reason: Option<&'static str>,
}

impl Attribute {
    /// Everywhere it goes, as far as it is known: first where it goes in the first place.
    pub fn places(&self) -> Vec<Goes> {
        if self.shown.is_empty() {
            vec![self.goes]
        } else {
            self.shown.iter().map(|shown| shown.goes).collect()
        }
    }

    /// Which releases of libvirt read it, as a phrase.
    pub fn releases(&self) -> &'static str {
        let known = known_names().iter().find(|known| known.path == self.path);
        known.map_or("is read by every release", |known| &known.releases)
    }

    /// The words that it can have; empty where it is no word.
    pub fn words(&self) -> &'static [&'static str] {
        words(self.path)
    }

    /// The rules that name it in their statement or reason, as `<element attribute=>`. An element that others have too, such as
    /// `<driver>`, is the one in the element around it where the rule names that too.
    pub fn rules(&self) -> Vec<&'static Rule> {
        let target = named::Target::of(self.path);
        crate::rules().filter(|rule| target.is_in(rule.summary) || target.is_in(rule.reason)).collect()
    }
}

/// A row of `reasons.txt`.
#[derive(Debug, Clone, Copy)]
struct Row {
    pattern: &'static str,
    goes: Goes,
    reason: &'static str,
}

fn rows() -> impl Iterator<Item = Row> {
    let lines = include_str!("attributes/reasons.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let (pattern, rest) = line.split_once(' ')?;
        let (goes, reason) = rest.split_once(' ')?;
        Some(Row { pattern, goes: Goes::of(goes)?, reason })
    })
}

/// Whether `path` matches `pattern`, part by part.
fn matches(pattern: &str, path: &str) -> bool {
    let same = pattern.split('/').count() == path.split('/').count();
    same && pattern.split('/').zip(path.split('/')).all(|(pattern, part)| part_matches(pattern, part))
}

/// Whether a part matches a pattern with any number of `*`.
fn part_matches(pattern: &str, part: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == part };
    let Some(part) = part.strip_prefix(head) else { return false };
    part.char_indices()
        .map(|(at, _)| at)
        .chain([part.len()])
        .any(|at| part.get(at..).is_some_and(|part| part_matches(rest, part)))
}

/// What the line of `effects.txt` shows.
fn shown(text: &'static str) -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    for part in text.split("; ") {
        let Some((place, list)) = part.split_once(": ") else { continue };
        let goes = match place {
            "line" => Goes::Line,
            "after" => Goes::After,
            _ => Goes::Host,
        };
        let what = list.split(", ");
        match all.iter_mut().find(|shown| shown.goes == goes) {
            Some(shown) => shown.what.extend(what),
            None => all.push(Shown { goes, what: what.collect() }),
        }
    }
    all
}

/// The lines of `effects.txt`.
fn effects() -> impl Iterator<Item = (&'static str, Vec<Shown>)> {
    let lines = include_str!("attributes/effects.txt").lines().filter_map(|line| line.split_once(' '));
    lines.map(|(path, text)| (path, shown(text)))
}

/// Every attribute and text of the domain format, by path.
///
/// ```
/// use virtargv::attributes::{Goes, attributes};
/// let goes = |path| attributes().iter().find(|one| one.path == path).map(|one| one.goes);
/// assert_eq!(goes("disk/driver/@cache"), Some(Goes::Line));
/// assert_eq!(goes("cputune/shares"), Some(Goes::Host));
/// ```
pub fn attributes() -> &'static [Attribute] {
    static ALL: OnceLock<Vec<Attribute>> = OnceLock::new();
    ALL.get_or_init(|| {
        let rows: Vec<Row> = rows().collect();
        effects()
            .filter_map(|(path, shown)| {
                if let Some(first) = shown.first() {
                    return Some(Attribute { path, goes: first.goes, shown, reason: None });
                }
                let row = rows.iter().find(|row| matches(row.pattern, path))?;
                Some(Attribute { path, goes: row.goes, shown, reason: Some(row.reason) })
            })
            .collect()
    })
}

/// The attributes that `asked` names: a path, of which the first parts can be left out or be more (`driver/@cache`,
/// `domain/devices/disk/driver/@cache`); an element stands for all its attributes.
///
/// # Errors
/// No attribute is called so; the nearest path, where one is near.
pub fn find(asked: &str) -> Result<Vec<&'static Attribute>, Option<Nearest<'static>>> {
    let mut asked = asked.trim_matches('/').to_owned();
    if let Some(at) = asked.find('@').filter(|at| *at > 0 && !asked.contains("/@")) {
        asked.insert(at, '/');
    }
    let parts: Vec<&str> = asked.split('/').collect();
    let longest = if asked.contains('@') { 3 } else { 2 };
    let kept = parts.get(parts.len().saturating_sub(longest)..).unwrap_or(&parts).join("/");
    let ends =
        |path: &str, end: &str| path == end || path.strip_suffix(end).is_some_and(|head| head.ends_with('/'));
    let all = attributes();
    let exact: Vec<_> = all.iter().filter(|one| ends(one.path, &kept)).collect();
    let within = all.iter().filter(|one| {
        let element = one.path.rsplit_once('/').map_or("", |(element, _)| element);
        !kept.contains('@') && ends(element, &kept)
    });
    let found: Vec<_> = exact.into_iter().chain(within).collect();
    if found.is_empty() { Err(nearest(&kept, all.iter().map(|one| one.path))) } else { Ok(found) }
}

/// What is wrong with the table: paths without a place, rows that are no longer needed. A test asserts that there is nothing.
#[doc(hidden)]
pub fn faults() -> Vec<String> {
    let unseen: Vec<_> = effects().filter(|(_, shown)| shown.is_empty()).map(|(path, _)| path).collect();
    let rows: Vec<Row> = rows().collect();
    let row_of = |path: &str| rows.iter().position(|row| matches(row.pattern, path));
    let used: Vec<Option<usize>> = unseen.iter().map(|path| row_of(path)).collect();
    let lines = include_str!("attributes/reasons.txt").lines().filter(|line| !line.starts_with('#')).count();
    let without = unseen.iter().zip(&used).filter(|(_, row)| row.is_none());
    let mut faults: Vec<String> = without
        .map(|(path, _)| format!("`{path}` has no effect that is shown and no row in reasons.txt"))
        .collect();
    let stale = rows.iter().enumerate().filter(|(index, _)| !used.contains(&Some(*index)));
    faults.extend(stale.map(|(_, row)| format!("the row `{}` of reasons.txt is for nothing", row.pattern)));
    if lines != rows.len() {
        faults.push("a row of reasons.txt is not `PATTERN line|after|host|none REASON`".to_owned());
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let check =
            |pattern, path, expected| assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        check("*/address/@*", "disk/address/@bus", true);
        check("*/address/@*", "a/b/address/@bus", false);
        check("a/b*", "a/b", true);
        check("a/*_*_limit", "a/space_hard_limit", true);
        check("a/b", "a/bc", false);
    }

    #[test]
    fn paths_can_be_shorter_and_longer() {
        let check = |asked, expected: &str| {
            let found = find(asked).map(|found| found.iter().map(|one| one.path).collect::<Vec<_>>());
            assert_eq!(format!("{found:?}"), expected, "{asked}");
        };
        check("disk/driver/@cache", r#"Ok(["disk/driver/@cache"])"#);
        check("/domain/devices/disk/driver/@cache", r#"Ok(["disk/driver/@cache"])"#);
        check("driver@cache", r#"Ok(["disk/driver/@cache"])"#);
        check("memtune/hard_limit", r#"Ok(["memtune/hard_limit", "memtune/hard_limit/@unit"])"#);
        assert!(find("disk/driver").is_ok_and(|found| found.len() > 10));
        assert!(find("disk/driver/@cahce").is_err_and(|near| near.is_some()));
    }

    #[test]
    fn every_attribute_has_a_place() {
        assert_eq!(faults(), Vec::<String>::new());
        assert_eq!(attributes().len(), effects().count());
    }
}
