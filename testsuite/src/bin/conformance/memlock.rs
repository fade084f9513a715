//! `--memlock DIR`: how much memory QEMU may lock, against the numbers of libvirt's tests.

use std::path::Path;

use serde_json::{Value, json};
use virtargv::{CommandLine, Need, Request};
use virtargv_qemu_cmd::Resource;

use crate::Args;
use crate::case::Case;
use crate::corpus::{Corpus, read};
use crate::ratchet::Ratchet;

/// What the files of the documents begin with, where they are named as in libvirt's source.
const PREFIX: &str = "qemumemlock-";

/// The limit of locked memory as the cases have it: bytes, `unlimited`, or 0 where QEMU keeps what it inherits.
pub fn of(line: &CommandLine) -> Value {
    let limit = line.needs.iter().find_map(|need| match need {
        Need::Limit { resource: Resource::LockedMemory, limit, .. } => Some(*limit),
        _ => None,
    });
    match limit {
        Some(Some(bytes)) => bytes.into(),
        Some(None) => "unlimited".into(),
        None => 0.into(),
    }
}

/// Compares all cases. Returns whether all of the ratchet agree.
pub fn measure(args: &Args, corpus: &Corpus, dir: &Path) -> Result<bool, String> {
    let mut rows = Vec::new();
    for line in read(&dir.join("cases.jsonl"))?.lines() {
        let case: Value = serde_json::from_str(line).map_err(|e| format!("a case is not JSON: {e}"))?;
        let text = |key: &str| case.get(key).and_then(Value::as_str).ok_or(format!("a case without '{key}'"));
        let (name, expected) = (text("name")?, case.get("bytes").cloned().unwrap_or_default());
        let got = one(corpus, dir, text("input")?).unwrap_or_else(Value::String);
        rows.push((name.to_owned(), expected, got));
    }
    let mut ratchet = Ratchet::load(&format!("memlock-{}", corpus.release.name()));
    let passed = rows.iter().filter(|(_, expected, got)| expected == got);
    if args.bless {
        ratchet.bless(passed.clone().map(|(name, ..)| name.as_str()))?;
    }
    let mut fine = true;
    for (name, expected, got) in rows.iter().filter(|(_, expected, got)| expected != got) {
        let held = ratchet.holds(name);
        fine &= !held;
        let what = if held { "regression" } else { "differs" };
        println!("{what}: {name}: {got}, expected {expected}");
    }
    let passed = passed.count();
    println!("{passed} passed, {} failed", rows.len() - passed);
    Ok(fine)
}

/// The limit for a document, for the latest QEMU of its architecture.
fn one(corpus: &Corpus, dir: &Path, input: &str) -> Result<Value, String> {
    let document = read(&dir.join(input)).or_else(|_| read(&dir.join(format!("{PREFIX}{input}"))))?;
    let arch = virtargv::arch_of(&document).ok_or("a document without an architecture")?;
    let case = json!({ "id": input, "expect": "argv", "caps_arch": arch.name(), "caps_ver": "latest" });
    let case = Case::parse(&case.to_string())?;
    let caps = crate::sets::caps(corpus, &case, &document)?;
    let host = crate::host::host(corpus, &case, &document)?;
    let outcome = virtargv::run(&document, &Request::new(&caps, &host));
    match outcome.command_line {
        Some(line) => Ok(of(&line)),
        None => Err(outcome.report.first().map(ToString::to_string).unwrap_or_default()),
    }
}
