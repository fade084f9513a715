//! One trial a case of the matrix, and two on the fixtures themselves. `BLESS=1` writes the golden files anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use virtargv_testsuite::matrix::{Case, cases};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("matrix")
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = cases().map(|case| Trial::test(case.id(), move || check(case))).collect();
    trials.push(Trial::test("every-fixture-is-used-once", fixtures_are_used));
    trials.push(Trial::test("no-fixture-says-the-same-as-another", fixtures_differ));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn check(case: &Case) -> Result<(), Failed> {
    let document = read(&format!("{}.xml", case.name))?;
    let got = case.run(&document)?;
    let golden = folder().join(case.golden());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&golden, &got)?;
        return Ok(());
    }
    let want = read(&case.golden())?;
    if got == want { Ok(()) } else { Err(difference(&want, &got).into()) }
}

fn read(name: &str) -> Result<String, Failed> {
    std::fs::read_to_string(folder().join(name)).map_err(|e| format!("{name}: {e}").into())
}

/// The lines that are only in one of the two.
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
    for entry in std::fs::read_dir(folder())? {
        there.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    let unused: Vec<_> = there.difference(&wanted).collect();
    if unused.is_empty() { Ok(()) } else { Err(format!("no case uses {unused:?}").into()) }
}

fn fixtures_differ() -> Result<(), Failed> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let names: BTreeSet<&str> = cases().map(|c| c.name).collect();
    for name in names {
        let text = read(&format!("{name}.xml"))?;
        let squeezed: String = text.split_whitespace().collect();
        if let Some(other) = seen.insert(squeezed, name) {
            return Err(format!("{name}.xml is {other}.xml again").into());
        }
    }
    Ok(())
}
