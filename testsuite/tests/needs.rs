//! Compares the needs of a command line with its arguments, for every case of the matrix.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first failure")]

use std::collections::BTreeSet;
use std::path::Path;

use virtargv::{CommandLine, Need};
use virtargv_testsuite::descriptors::{check_descriptors, descriptors};
use virtargv_testsuite::matrix::{Case, Expect, LineFor, cases};

/// The command lines of all cases, with a launcher or without.
fn lines(line_for: LineFor) -> impl Iterator<Item = (String, CommandLine)> {
    // What is to be read only needs nothing.
    let started = cases().filter(|case| case.expect == Expect::Argv && case.line_for != LineFor::Reader);
    started.map(move |case| (case.id(), line(case, line_for)))
}

fn line(case: &Case, line_for: LineFor) -> CommandLine {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("matrix/{}.xml", case.name));
    let document = std::fs::read_to_string(path).unwrap();
    let outcome = case.outcome(&document, line_for).unwrap();
    outcome.command_line.unwrap_or_else(|| panic!("{}: {:?}", case.id(), outcome.report))
}

#[test]
fn every_descriptor_is_a_need() {
    let mut all = BTreeSet::new();
    for (id, line) in lines(LineFor::Launcher) {
        check_descriptors(&line).unwrap_or_else(|problem| panic!("{id}: {problem}"));
        all.extend(line.needs.iter().filter_map(|need| match need {
            Need::Descriptor { what, .. } => Some(what.kind()),
            _ => None,
        }));
    }
    assert_eq!(all.len(), 13, "the matrix has every kind of descriptor except that of slirp-helper: {all:?}");
}

#[test]
fn no_descriptors_without_a_launcher() {
    for (id, line) in lines(LineFor::Shell) {
        assert!(descriptors(&line).is_empty(), "{id}: {:?}", line.args());
        assert!(!line.args().iter().any(|arg| arg == "-add-fd" || arg.contains("/dev/fdset/")), "{id}");
        let bad = |need: &Need| matches!(need, Need::Descriptor { .. } | Need::Group { .. });
        assert!(!line.needs.iter().any(bad), "{id}: {:?}", line.needs);
    }
}

#[test]
fn the_master_key_is_emitted_with_secrets() {
    let mut with = 0;
    for (id, line) in lines(LineFor::Shell) {
        let object = |arg: &String| arg.contains("masterKey0") && arg.contains("master-key.aes");
        let used =
            |arg: &String| arg.contains("keyid=masterKey0") || arg.contains("\"keyid\":\"masterKey0\"");
        let args = line.args();
        let (key, first) = (args.iter().position(object), args.iter().position(used));
        let listed = line
            .needs
            .iter()
            .any(|need| matches!(need, Need::Content { path, .. } if path.ends_with("/master-key.aes")));
        assert_eq!(key.is_some(), first.is_some(), "{id}");
        assert_eq!(key.is_some(), listed, "{id}");
        assert!(key <= first, "{id}: the master key must be before the secrets");
        with += u32::from(listed);
    }
    assert!(with > 3, "the matrix has secrets");
}
