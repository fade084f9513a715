//! What the guest may not see change: each change of `abi/changes.txt` breaks the rule that it names, every rule is broken by one,
//! and the messages are as in `abi/changes.golden`. `BLESS=1` writes them. Those of `abi/compatible.txt` break none.

#![allow(clippy::disallowed_methods, reason = "tests look at files")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use virtargv::validate::abi;
use virtargv::{Completed, FixedHost, Release, Report, Request, Source, builtin, complete};

/// A change of the document.
struct Change {
    /// The rule that it breaks; in `compatible.txt`, what is changed.
    rule: String,
    /// The document that is changed.
    document: String,
    /// What is replaced, and by what.
    edits: Vec<(String, String)>,
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("abi")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(directory().join(name)).unwrap_or_default()
}

fn changes(file: &str) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for line in read(file).lines().filter(|line| !line.starts_with('#')) {
        let text = |line: &str| line.trim_start().replace("\\n", "\n");
        match (line.strip_prefix('-'), line.strip_prefix('+')) {
            (Some(old), _) => changes.last_mut().unwrap().edits.push((text(old), String::new())),
            (_, Some(new)) => changes.last_mut().unwrap().edits.last_mut().unwrap().1 = text(new),
            _ => {
                let (rule, document) = line.split_once(' ').unwrap_or((line, "q35.xml"));
                let (rule, document) = (rule.to_owned(), document.to_owned());
                changes.push(Change { rule, document, edits: Vec::new() });
            }
        }
    }
    changes
}

/// The completed domain, for the QEMU that runs the guest of `document`.
fn completed(text: &str, document: &str) -> Result<Completed, Report> {
    let arch = virtargv::arch_of(document).unwrap();
    let caps = builtin::get(&format!("qemu-11.1-{}", arch.qemu_name()), Release::V12_9).unwrap();
    complete(text, &Request::new(&caps, &FixedHost::default()))
}

/// The document with the change.
fn changed(document: &str, change: &Change) -> String {
    let mut text = document.to_owned();
    for (old, new) in &change.edits {
        assert!(text.contains(old.as_str()), "{}: `{old}` is not in the document", change.rule);
        text = text.replacen(old.as_str(), new, 1);
    }
    text
}

#[test]
fn each_change_breaks_its_rule() {
    let (mut told, mut faults) = (String::new(), Vec::new());
    for change in changes("changes.txt") {
        let document = read(&change.document);
        let source =
            completed(&document, &document).unwrap_or_else(|report| panic!("{}: {report}", change.document));
        let text = changed(&document, &change);
        let target = match completed(&text, &document) {
            Ok(target) => target,
            Err(report) => {
                faults.push(format!("{}: {report}", change.rule));
                continue;
            }
        };
        let found = abi::compare(source.domain(), target.domain(), Release::V12_9);
        let of_rule = found.iter().filter(|difference| difference.problem.id() == change.rule);
        let Some(difference) = of_rule.clone().next() else {
            let others: Vec<String> = found.iter().map(|other| other.problem.to_string()).collect();
            faults.push(format!("{}: not found, but {others:#?}", change.rule));
            continue;
        };
        let line = |text: &str, place| Source::new(text).locate(place).map_or(0, |frame| frame.line);
        let (there, here) = (line(&document, &difference.source), line(&text, &difference.problem.place));
        let _ = writeln!(told, "{}\n  {}\n  source {there}, target {here}", change.rule, difference.problem);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let golden = "changes.golden";
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(directory().join(golden), &told).unwrap();
    }
    assert_eq!(read(golden), told);
}

#[test]
fn what_the_guest_does_not_see_may_change() {
    for change in changes("compatible.txt") {
        let document = read(&change.document);
        let source = completed(&document, &document).unwrap();
        let target = completed(&changed(&document, &change), &document).unwrap();
        let found = abi::compare(source.domain(), target.domain(), Release::V12_9);
        let found: Vec<String> = found.iter().map(|difference| difference.problem.to_string()).collect();
        assert_eq!(found, Vec::<String>::new(), "{}", change.rule);
    }
}

#[test]
fn every_rule_is_broken() {
    let broken: BTreeSet<String> = changes("changes.txt").into_iter().map(|change| change.rule).collect();
    let rules: BTreeSet<String> =
        abi::TABLES.iter().flat_map(|table| table.iter().map(|rule| rule.id.to_owned())).collect();
    assert_eq!(rules.difference(&broken).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(broken.difference(&rules).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn a_domain_is_compatible_with_itself() {
    let document = read("q35.xml");
    let domain = completed(&document, &document).unwrap();
    assert!(abi::compare(domain.domain(), domain.domain(), Release::V12_9).is_empty());
}
