//! The table of attributes is what changing them shows.

#![allow(clippy::disallowed_methods, reason = "the test reads and writes the table")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first failure")]

use std::path::Path;

use virtargv_testsuite::attributes::{effects, fixtures, to_text};

#[test]
fn effects_are_what_changing_shows() {
    let found = to_text(&effects());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../virtargv/src/attributes/effects.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, &found).unwrap();
    }
    let listed = std::fs::read_to_string(&file).unwrap_or_default();
    for (listed, found) in listed.lines().zip(found.lines()) {
        assert_eq!(listed, found, "write the list with BLESS=1");
    }
    assert_eq!(listed.len(), found.len(), "write the list with BLESS=1");
}

#[test]
fn documents_of_the_test_are_started() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 3);
    for (case, document) in fixtures {
        let run = case.outcome(&document.print(), case.line_for).unwrap();
        assert!(run.command_line.is_some(), "{}: {:?}", document.print(), run.report);
    }
}
