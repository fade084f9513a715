//! Verifies the project's documents against a real QEMU's own schema, and checks that changed options are found.
//!
//! If `qemu-system-x86_64` is not installed, the trials are ignored.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use virtargv::verify::{Verified, verify};
use virtargv::{ArgValue, Argument, Caps, CommandLine, FixedHost, Release, Request};
use virtargv_caps::probe::{Asked, describe, probe};
use virtargv_caps::qapi::Replies;
use virtargv_testsuite::matrix::live_documents;

/// The QEMU binary.
const QEMU: &str = "/usr/bin/qemu-system-x86_64";
/// The time limit for asking it. It may have to be started several times.
const TIME_LIMIT: Duration = Duration::from_mins(2);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let there = Path::new(QEMU).exists();
    if !there {
        eprintln!("{QEMU} is not installed, the trials are ignored");
    }
    let trial = Trial::test("documents-and-changed-options", documents).with_ignored_flag(!there);
    libtest_mimic::run(&arguments, vec![trial]).exit_code()
}

/// The command lines of the documents that a real QEMU starts.
fn lines(caps: &Caps) -> Result<Vec<(&'static str, CommandLine)>, Failed> {
    let mut lines = Vec::new();
    for (name, _) in live_documents() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("matrix").join(format!("{name}.xml"));
        let text = std::fs::read_to_string(path)?;
        if let Ok(line) = virtargv::command_line(&text, &Request::new(caps, &FixedHost::default())) {
            lines.push((name, line));
        }
    }
    Ok(lines)
}

fn documents() -> Result<(), Failed> {
    let caps = probe(Path::new(QEMU), Release::default())?;
    let replies = Replies::of(&describe(Path::new(QEMU), Asked::All, TIME_LIMIT)?)?;
    let lines = lines(&caps)?;
    let (mut options, mut changes) = (0, 0);
    let mut faults = Vec::new();
    for (name, line) in &lines {
        let verified = verify(line, &replies);
        options += verified.checked;
        if verified.report.refuses() {
            faults.push(format!("{name}: {}", verified.report));
        }
        for argument in &line.arguments {
            let found = |value: &Value| changed(argument, value, &replies);
            // QOM does not tell the type of each property.
            let is_typed = argument.option != "-device";
            for changed in members(argument).iter().flat_map(|value| variations(value, is_typed)) {
                changes += 1;
                if !found(&changed).report.refuses() {
                    faults.push(format!("{name}: not found: {} {changed}", argument.option));
                }
            }
        }
    }
    if lines.len() < 20 || options < 500 || changes < 2000 {
        faults.push(format!("only {} lines, {options} options, {changes} changes", lines.len()));
    }
    println!("{} lines, {options} options, {changes} changed options", lines.len());
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

/// The value of an option in JSON that the schema or the properties of its type describe whole.
fn members(argument: &Argument) -> Option<Value> {
    let is_described = ["-blockdev", "-netdev", "-object", "-device"].contains(&argument.option.as_ref());
    let text = argument.value_text().filter(|text| is_described && text.starts_with('{'))?;
    serde_json::from_str(&text).ok()
}

/// The result for a line of one option with this value.
fn changed(argument: &Argument, value: &Value, replies: &Replies) -> Verified {
    let argument = Argument { value: ArgValue::Text(value.to_string().into()), ..argument.clone() };
    verify(&CommandLine { arguments: vec![argument], ..CommandLine::default() }, replies)
}

/// `value` with each of its members, and of theirs, under another name, and where `is_typed` is set with a value that no type
/// accepts.
fn variations(value: &Value, is_typed: bool) -> Vec<Value> {
    let mut found = Vec::new();
    let Value::Object(members) = value else { return found };
    for (name, member) in members {
        let mut renamed = members.clone();
        if let Some(member) = renamed.remove(name) {
            renamed.insert(format!("{name}-x"), member);
        }
        found.push(Value::Object(renamed));
        if is_typed {
            let mut retyped = members.clone();
            retyped.insert(name.clone(), json!({ "no-such-member": [] }));
            found.push(Value::Object(retyped));
        }
        for inner in variations(member, is_typed) {
            let mut with_inner = members.clone();
            with_inner.insert(name.clone(), inner);
            found.push(Value::Object(with_inner));
        }
    }
    found
}
