//! Where each attribute of the domain format goes, found out by changing it.
//!
//! Every attribute and text in the documents of the matrix is removed, and set to other values; then the whole line is made again,
//! and what differs is the attribute's effect. An attribute that the readers ask for and no document has is added where its element
//! is. The result is `virtargv/src/attributes/effects.txt`, which a test compares.

mod change;
mod effect;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use virtargv::{Release, Run};
use virtargv_model::names::{known_names, words};

use crate::examples::tree::Node;
use crate::matrix::{Case, Expect, HostKind, LineFor, Qemu, cases};
use change::{Change, changes};
pub use effect::Effects;

/// How many places of an attribute are changed at most.
const PLACES: usize = 24;
/// How many places of an attribute are enough where they have an effect on the line.
const ENOUGH: usize = 6;
/// How many documents an attribute is added to at most.
const ADDED: usize = 12;

/// The paths whose effects are looked for: each attribute, and each element that has no attributes and children or has a text.
pub fn paths() -> Vec<String> {
    let names = known_names();
    let elements: BTreeMap<&str, bool> = names.iter().fold(BTreeMap::new(), |mut all, known| {
        let is_child = !known.name.starts_with('@');
        *all.entry(known.element).or_default() |= is_child;
        all
    });
    let mut paths: Vec<String> = names
        .iter()
        .filter(|known| known.name.starts_with('@') || !elements.get(&*known.path).copied().unwrap_or(false))
        .map(|known| known.path.clone())
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

/// The effects of every path.
pub fn effects() -> BTreeMap<String, Effects> {
    let paths = paths();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut all = BTreeMap::new();
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|part| {
                let own: Vec<&String> = paths.iter().skip(part).step_by(threads).collect();
                scope.spawn(move || part_of(&own))
            })
            .collect();
        for part in parts {
            all.extend(part.join().unwrap_or_default());
        }
    });
    // Of an element with attributes the text counts only where it is seen to.
    let names = known_names();
    let has_attributes =
        |path: &str| names.iter().any(|known| known.element == path && known.name != "@unit");
    all.retain(|path, effects| path.contains('@') || effects.is_shown() || !has_attributes(path));
    all
}

/// The effects of some paths. Which others there are does not matter.
fn part_of(paths: &[&String]) -> BTreeMap<String, Effects> {
    let mut all: BTreeMap<String, Effects> =
        paths.iter().map(|path| ((*path).clone(), Effects::default())).collect();
    let started: Vec<(Case, Node)> =
        cases().filter(|case| case.expect == Expect::Argv).filter_map(document).chain(fixtures()).collect();
    // The places that documents have come first, then those to which an attribute is added.
    for adds in [false, true] {
        // Later releases first: they have most attributes.
        let mut ordered: Vec<_> = started.iter().collect();
        ordered.sort_by_key(|(case, _)| std::cmp::Reverse(case.release));
        for (case, document) in ordered {
            let found = changes(document, adds, &|path| {
                let limit = if adds { ADDED } else { PLACES };
                all.get(path).is_some_and(|effects| {
                    let enough = if effects.is_on_line() { ENOUGH } else { limit };
                    effects.places < enough && (!adds || !effects.is_present)
                })
            });
            if !found.is_empty() {
                apply(case, document, &found, &mut all);
            }
        }
    }
    all
}

fn document(case: &'static Case) -> Option<(Case, Node)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("matrix/{}.xml", case.name));
    Some((*case, parse(&path)?))
}

/// The documents of `testsuite/attributes`, which have what no document of the matrix has, for the latest QEMU and release.
pub fn fixtures() -> Vec<(Case, Node)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("attributes");
    #[allow(clippy::disallowed_methods, reason = "the documents of the test")]
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
    files.sort();
    let usual = |case: &&Case| {
        case.release == Release::V12_9 && case.host == HostKind::Usual && case.line_for == LineFor::Launcher
    };
    let Some(case) = cases().find(usual) else { return Vec::new() };
    let case = Case { qemu: Qemu::Builtin("qemu-11.1-x86_64"), ..*case };
    files.iter().filter_map(|file| Some((case, parse(file)?))).collect()
}

fn parse(path: &Path) -> Option<Node> {
    #[allow(clippy::disallowed_methods, reason = "the documents of the matrix")]
    let text = std::fs::read_to_string(path).ok()?;
    Node::parse(&text)
}

/// Makes the changes and keeps their effects.
fn apply(case: &Case, document: &Node, found: &[Change], all: &mut BTreeMap<String, Effects>) {
    let line_for = if case.line_for == LineFor::Reader { LineFor::Launcher } else { case.line_for };
    let _ = case.asked(line_for, |request| {
        let before = virtargv::run(&document.print(), request);
        for change in found {
            let Some(effects) = all.get_mut(&change.path) else { continue };
            effects.places += 1;
            effects.is_present |= !change.adds;
            for (changed, value) in &change.documents {
                let after: Run = virtargv::run(&changed.print(), request);
                let is_word = |value: &&str| words(&change.path).contains(value);
                let made_up = value.as_deref().filter(|value| !is_word(value));
                effects.add((&before, &after), made_up, request.release());
            }
        }
    });
}

/// The effects as a file, one path a line.
pub fn to_text(effects: &BTreeMap<String, Effects>) -> String {
    let mut out = String::new();
    for (path, effects) in effects {
        let _ = writeln!(out, "{path} {effects}");
    }
    out
}

/// The values to try for the attribute or text at `path`, where it has the value `now`.
fn values(path: &str, now: Option<&str>) -> Vec<String> {
    let mut values: Vec<String> = words(path).iter().map(|word| (*word).to_owned()).collect();
    match now {
        Some(now) => {
            if let Ok(number) = now.parse::<i64>() {
                values.extend([number + 1, number * 2, number - 1].map(|number| number.to_string()));
            } else if let Some(digits) = now.strip_prefix("0x")
                && let Ok(number) = u64::from_str_radix(digits, 16)
            {
                values.push(format!("0x{:0width$x}", number ^ 1, width = digits.len()));
            } else {
                // The last digit of an address or UUID, the end of a path or name.
                let last = now.chars().last().filter(char::is_ascii_hexdigit);
                let head: String = now.chars().take(now.chars().count().saturating_sub(1)).collect();
                values.extend(last.map(|last| format!("{head}{}", if last == '2' { '3' } else { '2' })));
                values.push(format!("{now}x"));
            }
        }
        None => values.extend(GENERIC.iter().map(|value| (*value).to_owned())),
    }
    values.retain(|value| Some(value.as_str()) != now);
    values
}

/// Values of attributes that no document has.
const GENERIC: &[&str] = &[
    "1",
    "2",
    "yes",
    "on",
    "no",
    "off",
    "0x1",
    "/srv/x",
    "x",
    "3e3fce45-4f53-4fa7-bb32-11f34168b82b",
    "52:54:00:00:00:77",
    "192.0.2.7",
    "512",
];
