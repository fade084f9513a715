//! What a document costs does not depend on the number of its items, for every kind that a document can have many of.
//!
//! `cargo bench -p virtargv-benches --bench growth` measures the same with more items and a smaller factor.

#![allow(clippy::disallowed_methods, reason = "the documents of the matrix are read")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use virtargv::Release;
use virtargv_benches::growth::{Kind, kinds};
use virtargv_model::device::DeviceKind;
use virtargv_model::names::Questions;
use virtargv_model::read::Question;

/// The numbers of items that are compared.
const SIZES: (usize, usize) = if cfg!(debug_assertions) { (100, 1600) } else { (200, 6400) };

/// The most that a document with many items may cost relative to one with few. What is done for each pair of items makes it the
/// ratio of the sizes; other load of the machine makes it up to two.
const MOST: f64 = 4.0;

/// The most that a document with twice as many items may cost, of a kind that was over: it does more for each item from some
/// number on, such as reporting it, but not for each pair. That would make it two.
const MOST_DOUBLED: f64 = 1.6;

/// How often a kind that was over is measured again.
const TRIES: usize = 4;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Times are measured.
    arguments.test_threads = Some(1);
    let mut trials: Vec<Trial> =
        kinds().map(|kind| Trial::test(kind.name, move || grows_linearly(kind))).collect();
    trials.push(Trial::test("every-kind-of-device-has-a-row", every_device_has_a_row));
    trials.push(Trial::test("every-list-has-a-row", every_list_has_a_row));
    trials.push(Trial::test("no-two-rows-have-one-name", names_differ));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn grows_linearly(kind: &Kind) -> Result<(), Failed> {
    let mut least = (f64::MAX, f64::MAX);
    let (few, many) = kind.sizes(SIZES);
    for _ in 0..TRIES {
        let (few, many) = (kind.cost(few, 5)?, kind.cost(many, 1)?);
        least = (least.0.min(many.line / few.line), least.1.min(many.check / few.check));
        if least.0 <= MOST && least.1 <= MOST {
            return Ok(());
        }
    }
    let (line, check) = least;
    let doubled = || -> Result<bool, String> {
        let (once, twice) = (kind.cost(many, 3)?, kind.cost(2 * many, 3)?);
        Ok(twice.line <= MOST_DOUBLED * once.line && twice.check <= MOST_DOUBLED * once.check)
    };
    for _ in 0..TRIES {
        if doubled()? {
            return Ok(());
        }
    }
    Err(format!("with {many} items instead of {few}, an item costs {line:.1} times as much for a command line, {check:.1} times for a check").into())
}

fn every_device_has_a_row() -> Result<(), Failed> {
    let has_row = |kind: &&DeviceKind| {
        let start = format!("<{}", kind.element());
        kinds().any(|row| row.item.strip_prefix(&start).is_some_and(|rest| rest.starts_with([' ', '/', '>'])))
    };
    let missing: Vec<_> = DeviceKind::ALL.iter().filter(|kind| !has_row(kind)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("no row for {missing:?}").into()) }
}

/// Every list that the readers ask for is one of which a row has several.
fn every_list_has_a_row() -> Result<(), Failed> {
    let release = Release::default();
    let mut lists: BTreeSet<(String, String)> = BTreeSet::new();
    let mut rows = BTreeSet::new();
    let matrix = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testsuite/matrix");
    for entry in std::fs::read_dir(matrix)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "xml") {
            lists.extend(asked(&std::fs::read_to_string(path)?, release));
        }
    }
    for kind in kinds() {
        let text = kind.document(3);
        lists.extend(asked(&text, release));
        rows.extend(repeated(&text, release));
    }
    // What all devices have is read alike: one row is enough. In QEMU's namespace names are as they are without its prefix.
    let bare = |name: &str| name.strip_prefix("qemu:").unwrap_or(name).to_owned();
    let devices: BTreeSet<&str> = DeviceKind::ALL.iter().map(|kind| kind.element()).collect();
    let key = |(around, name): &(String, String)| {
        let around = if devices.contains(around.as_str()) { "DEVICE".to_owned() } else { bare(around) };
        (around, bare(name))
    };
    let rows: BTreeSet<_> = rows.iter().map(key).collect();
    let missing: Vec<_> = lists
        .iter()
        .map(key)
        .filter(|list| !rows.contains(list))
        .map(|(around, name)| format!("{around}/{name}"))
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("no row for {}", missing.join(", ")).into()) }
}

/// The lists that the readers ask for: the element around them, and the name of the items.
fn asked(text: &str, release: Release) -> BTreeSet<(String, String)> {
    let Some(questions) = Questions::ask(text, release) else { return BTreeSet::new() };
    let named = |at: &usize| questions.elements.get(*at).map(|element| element.name.clone());
    let lists = questions.asked.iter().filter_map(|(at, question)| match question {
        Question::List(name) => Some((named(at)?, name.clone())),
        _ => None,
    });
    lists.collect()
}

/// The elements of which one element has several.
fn repeated(text: &str, release: Release) -> BTreeSet<(String, String)> {
    let Some(questions) = Questions::ask(text, release) else { return BTreeSet::new() };
    let mut seen = BTreeSet::new();
    let again = questions.elements.iter().filter(|element| !seen.insert((element.around, &element.name)));
    let named =
        again.filter_map(|element| Some((&questions.elements.get(element.around?)?.name, &element.name)));
    named.map(|(around, name)| (around.clone(), name.clone())).collect()
}

fn names_differ() -> Result<(), Failed> {
    let mut names = BTreeSet::new();
    let twice: Vec<_> = kinds().map(|kind| kind.name).filter(|name| !names.insert(*name)).collect();
    if twice.is_empty() { Ok(()) } else { Err(format!("{twice:?}").into()) }
}
