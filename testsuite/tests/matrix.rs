//! One trial for each case of the matrix, and trials on fixtures and rules. `BLESS=1` writes the golden files.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use virtargv::examples;
use virtargv_testsuite::definitions::{DEFINITIONS, Definition};
use virtargv_testsuite::examples::{Documents, fault};
use virtargv_testsuite::generated::{GENERATED, Generated};
use virtargv_testsuite::matrix::{Case, Expect, cases};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("matrix")
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = cases().map(|case| Trial::test(case.id(), move || check(case))).collect();
    trials.extend(cases().map(|case| Trial::test(format!("kept.{}", case.id()), move || keeps(case))));
    trials.extend(GENERATED.iter().map(|generated| {
        Trial::test(format!("generated.{}", generated.rule), || check_generated(generated))
    }));
    trials.push(Trial::test("definitions-break-their-rules", definitions_break_their_rules));
    trials.push(Trial::test("every-fixture-is-used-once", fixtures_are_used));
    trials.push(Trial::test("no-fixture-says-the-same-as-another", fixtures_differ));
    trials.push(Trial::test("every-rule-is-broken-by-a-case", rules_are_broken));
    trials.push(Trial::test("every-rule-has-an-example", examples_are_true));
    trials.push(Trial::test("every-rule-is-written-out", rules_are_written_out));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn check(case: &Case) -> Result<(), Failed> {
    let document = read(&format!("{}.xml", case.name))?;
    let got = case.run(&document)?;
    let golden = directory().join(case.golden());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&golden, &got)?;
        return Ok(());
    }
    let want = read(&case.golden())?;
    if got == want { Ok(()) } else { Err(difference(&want, &got).into()) }
}

/// Checks the invariants of the document of `case`.
fn keeps(case: &Case) -> Result<(), Failed> {
    Ok(case.keeps(&read(&format!("{}.xml", case.name))?)?)
}

fn read(name: &str) -> Result<String, Failed> {
    std::fs::read_to_string(directory().join(name)).map_err(|e| format!("{name}: {e}").into())
}

/// The lines that are in one of the texts only.
fn difference(want: &str, got: &str) -> String {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (want.lines().collect(), got.lines().collect());
    let missing = wanted.iter().filter(|l| !given.contains(l)).map(|l| format!("- {l}"));
    let extra = given.iter().filter(|l| !wanted.contains(l)).map(|l| format!("+ {l}"));
    let lines: Vec<String> = missing.chain(extra).collect();
    if lines.is_empty() { "the same lines in another order".into() } else { lines.join("\n") }
}

fn fixtures_are_used() -> Result<(), Failed> {
    let mut wanted = BTreeSet::new();
    for case in cases() {
        wanted.insert(format!("{}.xml", case.name));
        if !wanted.insert(case.golden()) {
            return Err(format!("two cases share {}", case.golden()).into());
        }
    }
    let mut there = BTreeSet::new();
    for entry in std::fs::read_dir(directory())? {
        there.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    let unused: Vec<_> = there.difference(&wanted).collect();
    if unused.is_empty() { Ok(()) } else { Err(format!("no case uses {unused:?}").into()) }
}

/// Checks that a generated document breaks its rule.
fn check_generated(generated: &Generated) -> Result<(), Failed> {
    let report = generated.report()?;
    if report.iter().any(|problem| problem.id() == generated.rule) {
        Ok(())
    } else {
        Err(report.to_string().into())
    }
}

/// Checks that each definition breaks its rule.
fn definitions_break_their_rules() -> Result<(), Failed> {
    let breaks = |definition: &Definition| {
        let report = definition.report();
        report.is_some_and(|report| report.iter().any(|problem| problem.id() == definition.rule))
    };
    let whole: Vec<&str> = DEFINITIONS
        .iter()
        .filter(|definition| !breaks(definition))
        .map(|definition| definition.text)
        .collect();
    if whole.is_empty() {
        Ok(())
    } else {
        Err(format!("definitions that do not break their rules: {whole:#?}").into())
    }
}

/// The ids of rules that the golden reports name, and those that generated documents and definitions break.
fn broken_ids() -> Result<BTreeSet<String>, Failed> {
    let mut ids: BTreeSet<String> = GENERATED.iter().map(|generated| generated.rule.to_owned()).collect();
    ids.extend(DEFINITIONS.iter().map(|definition| definition.rule.to_owned()));
    for case in cases() {
        let golden = case.golden();
        if case.expect == Expect::Argv {
            continue;
        }
        for line in read(&golden)?.lines() {
            if let Some((_, id)) = line.strip_suffix(']').and_then(|line| line.rsplit_once('[')) {
                ids.insert(id.to_owned());
            }
        }
    }
    Ok(ids)
}

fn rules_are_broken() -> Result<(), Failed> {
    let broken = broken_ids()?;
    // Lints have tests of their own, and rules on two domains too (`abi.rs`).
    let is_lint = |id: &str| virtargv::lint::all().any(|lint| lint.id == id) || is_of_two_domains(id);
    let ids = virtargv::rules().map(|rule| rule.id).filter(|id| !is_lint(id));
    let whole: Vec<&str> = ids.filter(|id| !broken.contains(*id)).collect();
    if whole.is_empty() {
        Ok(())
    } else {
        Err(format!("{} rules that no case breaks: {whole:#?}", whole.len()).into())
    }
}

/// Whether a rule compares two domains, so that no document breaks it alone.
fn is_of_two_domains(id: &str) -> bool {
    virtargv::validate::abi::TABLES.iter().any(|table| table.iter().any(|rule| rule.id == id))
}

/// Checks that `examples.txt` has an example of every rule on one document and of nothing else, and that each shows what it is to
/// show.
fn examples_are_true() -> Result<(), Failed> {
    let rules: BTreeSet<&str> =
        virtargv::rules().map(|rule| rule.id).filter(|id| !is_of_two_domains(id)).collect();
    let known: BTreeSet<&str> = examples::all().map(|example| example.rule).collect();
    let mut faults: Vec<String> =
        rules.difference(&known).map(|id| format!("{id}: there is no example")).collect();
    faults.extend(known.difference(&rules).map(|id| format!("{id}: there is no such rule")));
    let mut documents = Documents::new();
    for case in cases() {
        documents.insert(case.name, read(&format!("{}.xml", case.name))?);
    }
    let wrong =
        |example: examples::Example| Some(format!("{}: {}", example.rule, fault(&example, &documents)?));
    faults.extend(examples::all().filter_map(wrong));
    if examples::all().count() != known.len() {
        faults.push("a rule has two examples".to_owned());
    }
    let made_by = "cargo run --profile quick -p virtargv-testsuite --bin rule-examples";
    if faults.is_empty() {
        Ok(())
    } else {
        Err(format!("make them with '{made_by}':\n{}", faults.join("\n")).into())
    }
}

fn rules_are_written_out() -> Result<(), Failed> {
    let mut ids = BTreeSet::new();
    let mut faults = Vec::new();
    for rule in virtargv::rules() {
        let id = rule.id;
        if !ids.insert(id) {
            faults.push(format!("{id}: there are two rules with this id"));
        }
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if id.is_empty() || !id.chars().all(word) {
            faults.push(format!("{id}: an id must have lower-case letters, digits and dashes only"));
        }
        for (field, text) in [("summary", rule.summary), ("reason", rule.reason), ("help", rule.help)] {
            if text.trim().is_empty() {
                faults.push(format!("{id}: no {field}"));
            }
        }
        if !rule.summary.ends_with('.') {
            faults.push(format!("{id}: the summary must be a sentence with a full stop, '{}'", rule.summary));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

fn fixtures_differ() -> Result<(), Failed> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let names: BTreeSet<&str> = cases().map(|c| c.name).collect();
    for name in names {
        let text = read(&format!("{name}.xml"))?;
        let squeezed: String = text.split_whitespace().collect();
        if let Some(other) = seen.insert(squeezed, name) {
            return Err(format!("{name}.xml has the same content as {other}.xml").into());
        }
    }
    Ok(())
}
