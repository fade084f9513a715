//! Writes `virtargv/src/examples.txt`: an example for each rule, made of the matrix. What is there and still true is kept;
//! `--all` makes everything anew.

#![allow(clippy::disallowed_methods, reason = "the program reads and writes files")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use virtargv::examples;
use virtargv::validate::abi;
use virtargv_testsuite::examples::{Documents, Maker, fault};
use virtargv_testsuite::matrix::cases;

const HEAD: &str = "\
# Examples of rules: made by `cargo run --profile quick -p virtargv-testsuite --bin rule-examples`, not by hand.
# Lines with - are in the document that breaks the rule only, those with + in the one that keeps it.

";

fn main() -> ExitCode {
    match write() {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("rule-examples: {why}");
            ExitCode::FAILURE
        }
    }
}

fn write() -> Result<String, String> {
    let all = std::env::args().any(|argument| argument == "--all");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let matrix = root.join("matrix");
    let read = |name: &str| std::fs::read_to_string(matrix.join(name)).map_err(|e| format!("{name}: {e}"));
    let mut documents = Documents::new();
    for case in cases() {
        documents.insert(case.name, read(&format!("{}.xml", case.name))?);
    }
    let maker = Maker::new(documents, |case| read(&case.golden()).unwrap_or_default());
    let path = root.join("../virtargv/src/examples.txt");
    let old: BTreeMap<&str, examples::Example> =
        examples::all().map(|example| (example.rule, example)).collect();
    // A rule that compares two domains is broken by no document alone.
    let pairs: Vec<&str> = abi::TABLES.iter().flat_map(|table| table.iter().map(|rule| rule.id)).collect();
    let rules: Vec<&str> = virtargv::rules().map(|rule| rule.id).filter(|id| !pairs.contains(id)).collect();
    let entry = |rule: &str| match old.get(rule) {
        Some(example) if !all && fault(example, maker.documents()).is_none() => Ok(example.to_string()),
        _ => maker.example(rule),
    };
    let half = rules.len() / 2;
    let (first, second) = rules.split_at(half);
    let made: Vec<Result<String, String>> = std::thread::scope(|scope| {
        let other = scope.spawn(|| second.iter().map(|rule| entry(rule)).collect::<Vec<_>>());
        let mut made: Vec<_> = first.iter().map(|rule| entry(rule)).collect();
        made.extend(other.join().unwrap_or_default());
        made
    });
    let (mut text, mut without) = (HEAD.to_owned(), 0usize);
    let faults: Vec<&str> =
        made.iter().filter_map(|entry| entry.as_ref().err()).map(String::as_str).collect();
    if !faults.is_empty() {
        return Err(faults.join("\n"));
    }
    for entry in made.into_iter().flatten() {
        without += usize::from(!entry.contains("\n+") && !entry.contains("\n-"));
        let _ = write!(text, "{entry}");
    }
    std::fs::write(&path, &text).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(format!(
        "{} examples, {without} without a document that keeps the rule; {} bytes",
        rules.len(),
        text.len()
    ))
}
