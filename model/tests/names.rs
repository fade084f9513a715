//! The lists of known names and words are what the readers ask for.

#![allow(clippy::unwrap_used, reason = "a test stops at the first failure")]
#![allow(clippy::disallowed_methods, reason = "the test reads documents, and writes the list")]

#[path = "names/explore.rs"]
mod explore;

use std::path::Path;

use explore::Names;

/// The documents of the matrix and of the test of attributes; none where only this crate is there.
fn documents() -> Vec<String> {
    let folders = ["../testsuite/matrix", "../testsuite/attributes"]
        .map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join(name));
    let entries = folders.into_iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    let files = entries.map(|entry| entry.path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|end| end == "xml")).collect();
    files.sort();
    files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect()
}

#[test]
fn the_list_of_known_names_is_what_the_readers_ask_for() {
    let documents = documents();
    if documents.is_empty() {
        return;
    }
    let names = Names::of(&documents);
    check("known.txt", &names.to_text());
    check("words.txt", &names.words_to_text());
}

/// Compares a list in `src/names` with what was found.
fn check(name: &str, found: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/names").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, found).unwrap();
    }
    let listed = std::fs::read_to_string(&file).unwrap_or_default();
    for (listed, found) in listed.lines().zip(found.lines()) {
        assert_eq!(listed, found, "write the list with BLESS=1");
    }
    assert_eq!(listed.len(), found.len(), "write the list with BLESS=1");
}
