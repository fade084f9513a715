//! `docs/dependencies.md` has every dependency of the crates that are published, with the reason for it, and their trees as
//! Cargo resolves them: a dependency that comes in without a reason fails.
//!
//! `BLESS=1 cargo test -p virtargv-testsuite --test dependencies` writes the trees; the reasons are written by hand.

#![allow(clippy::disallowed_methods, reason = "Cargo is asked")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The system that the trees are of, the first of `deny.toml`.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The line that the trees come after.
const TREES: &str =
    "<!-- What follows is made by `BLESS=1 cargo test -p virtargv-testsuite --test dependencies`. -->\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The manifests of the workspace's members.
fn manifests() -> Vec<(PathBuf, String)> {
    let entries = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path().join("Cargo.toml"));
    let mut found: Vec<_> =
        entries.filter_map(|path| Some((path.clone(), std::fs::read_to_string(path).ok()?))).collect();
    found.sort();
    found
}

/// The names of the crates that are published.
fn published() -> Vec<String> {
    let name = |manifest: &str| Some(manifest.split_once("\nname = \"")?.1.split_once('"')?.0.to_owned());
    let manifests = manifests().into_iter().filter(|(_, text)| !text.contains("\npublish = false"));
    let names: Vec<String> = manifests.filter_map(|(_, text)| name(&text)).collect();
    assert!(names.len() > 8, "{names:?}");
    names
}

/// A line of a tree: how deep it is, and which crate.
type Line = (usize, String);

/// The tree of a crate as Cargo resolves it, for running and building. What is below another crate of ours is left out,
/// since that has a tree of its own.
fn tree(name: &str, features: &[&str]) -> Vec<Line> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root()).args(["tree", "--locked", "--quiet", "--edges", "normal,build"]);
    command.args(["--target", TARGET, "--prefix", "depth", "--no-dedupe", "--package", name]).args(features);
    let output = command.output().expect("Cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<Line> = Vec::new();
    let mut within_ours = None;
    for line in text.lines() {
        let digits = line.find(|c: char| !c.is_ascii_digit()).unwrap();
        let (depth, rest) = line.split_at(digits);
        let (depth, crate_name) = (depth.parse().unwrap(), rest.split(' ').next().unwrap());
        if within_ours.is_some_and(|ours| depth > ours) {
            continue;
        }
        within_ours = (depth > 0 && is_ours(crate_name)).then_some(depth);
        lines.push((depth, crate_name.to_owned()));
    }
    lines
}

fn is_ours(name: &str) -> bool {
    name == "virtargv" || name.starts_with("virtargv-")
}

/// The trees of all crates, as they are written in the document, and the names of all crates in them that are not ours.
fn trees() -> (String, BTreeSet<String>) {
    let mut out = String::new();
    let mut names = BTreeSet::new();
    for name in published() {
        let usual: BTreeSet<String> = tree(&name, &[]).into_iter().map(|(_, name)| name).collect();
        let _ = write!(out, "\n### {name}\n\n```text\n");
        let mut shown = BTreeSet::new();
        let mut hidden_below = None;
        for (depth, dependency) in tree(&name, &["--all-features"]) {
            if hidden_below.is_some_and(|above| depth > above) {
                continue;
            }
            hidden_below = None;
            let mut note = "";
            if is_ours(&dependency) {
                if depth > 0 {
                    note = " (above or below)";
                }
            } else if !shown.insert(dependency.clone()) {
                hidden_below = Some(depth);
                note = " (*)";
            }
            let optional = if usual.contains(&dependency) { "" } else { " (with a feature)" };
            let _ = writeln!(out, "{}{dependency}{optional}{note}", "  ".repeat(depth));
            names.extend((!is_ours(&dependency)).then_some(dependency));
        }
        out.push_str("```\n");
    }
    (out, names)
}

/// The reasons in the table of the document, by the name of the crate.
fn reasons(table: &str) -> BTreeMap<&str, &str> {
    let rows =
        table.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | "));
    rows.collect()
}

#[test]
fn every_dependency_has_a_reason() {
    let path = root().join("docs/dependencies.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, known) = text.split_once(TREES).expect("the line before the trees");
    let (trees, names) = trees();
    let reasons = reasons(head);
    let without: Vec<&String> =
        names.iter().filter(|name| reasons.get(name.as_str()).is_none_or(|why| why.len() < 20)).collect();
    assert!(without.is_empty(), "dependencies without a reason in {}: {without:?}", path.display());
    let gone: Vec<&&str> = reasons.keys().filter(|name| !names.contains(**name)).collect();
    assert!(gone.is_empty(), "reasons in {} for what is no dependency any more: {gone:?}", path.display());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{head}{TREES}{trees}")).unwrap();
        return;
    }
    assert!(known == trees, "the trees in {} are others now: write them with BLESS=1", path.display());
}

#[test]
fn a_missing_reason_is_found() {
    let table = "| crate | why |\n|---|---|\n| `one` | it is needed for a reason |\n";
    assert_eq!(reasons(table), BTreeMap::from([("one", "it is needed for a reason")]));
    assert_eq!(reasons(table).get("two"), None);
}

/// `unsafe` is forbidden by the lints of the workspace, which hold only where a member takes them.
#[test]
fn every_crate_of_ours_takes_the_lints_that_forbid_unsafe_code() {
    let workspace = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(workspace.contains("\nunsafe_code = \"forbid\"\n"));
    let members = manifests();
    assert!(members.len() > 12, "{members:?}");
    for (path, manifest) in members {
        // The fuzz targets are a workspace of their own, whose lints are in it.
        if manifest.contains("\n[workspace]\n") {
            assert!(manifest.contains("\nunsafe_code = \"forbid\"\n"), "{}", path.display());
            continue;
        }
        assert!(manifest.contains("\n[lints]\nworkspace = true\n"), "{}", path.display());
    }
}
