//! The files in `docs/` that are made: the list of rules, and the pictures in README. They are compared with what the command
//! says now; `BLESS=1 cargo test -p virtargv-cli --test docs` writes them.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first failure"
)]

use std::fmt::Write as _;
use std::path::Path;

use virtargv::{Class, Rule, Severity, Span, Stage};

mod common;

use common::text;

/// Compares a file of `docs/` with what it has to be.
fn check(name: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, wanted).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    if there != wanted {
        let differs = there.lines().zip(wanted.lines()).find(|(x, y)| x != y);
        panic!(
            "docs/{name} is of another version: BLESS=1 cargo test -p virtargv-cli --test docs ({differs:#?})"
        );
    }
}

#[test]
fn the_list_of_rules_is_up_to_date() {
    check("rules.md", &rules());
}

const STAGES: &[(Stage, &str)] = &[
    (Stage::Read, "while a document is read"),
    (Stage::Complete, "while a domain is completed"),
    (Stage::Place, "while addresses are assigned"),
    (Stage::Validate, "in a completed domain"),
    (Stage::Build, "while the command line is built"),
];

/// `rules.md`.
fn rules() -> String {
    let (pairs, all): (Vec<&Rule>, Vec<&Rule>) = virtargv::rules().partition(|rule| is_of_two_domains(rule));
    let sets = virtargv::rule_sets();
    let mut out = format!(
        "# Rules\n\nAll {} rules: those on a domain by the stage that finds them broken, in libvirt's order of stages, then those \
         on other things. `virtargv explain ID` \
         tells one on a terminal, with a document that breaks it. This file is made of the registry by\n\
         `BLESS=1 cargo test -p virtargv-cli --test docs`.\n\n\
         The class is what libvirt prints before its message. Where class or stage were others in an earlier release of \
         libvirt, that is said; so is the release since or until which there is a rule.\n\n",
        all.len() + pairs.len() + sets.iter().map(|set| set.rules.len()).sum::<usize>()
    );
    for (stage, when) in STAGES {
        let count = all.iter().filter(|rule| rule.stage.now() == *stage).count();
        let _ = writeln!(out, "- [{}](#{}): {count} that are found {when}", stage.id(), stage.id());
    }
    let _ =
        writeln!(out, "- [two domains](#two-domains): {} on what a guest may not see change", pairs.len());
    for set in &sets {
        let _ = writeln!(out, "- [{}](#{}): {}", set.name, set.name, set.rules.len());
    }
    for (stage, when) in STAGES {
        let _ = writeln!(out, "\n## {}\n\nFound {when}.", stage.id());
        for rule in all.iter().filter(|rule| rule.stage.now() == *stage) {
            out.push_str(&section(rule));
        }
    }
    out.push_str(
        "\n## two domains\n\nFound where a guest is to go on with another definition: after a migration, a restore, or with \
         `virsh save-image-define`. Both definitions are completed and validated before. `virtargv diff` compares them.\n",
    );
    for rule in pairs {
        out.push_str(&section(rule));
    }
    for set in &sets {
        let _ = write!(out, "\n## {}\n\n{}\n", set.name, set.about);
        set.rules.iter().for_each(|rule| out.push_str(&section(rule)));
    }
    out
}

/// Whether a rule compares two completed domains.
fn is_of_two_domains(rule: &Rule) -> bool {
    virtargv::validate::abi::TABLES.iter().any(|table| table.iter().any(|other| other.id == rule.id))
}

fn section(rule: &Rule) -> String {
    let mut out = format!("\n### {}\n\n{}\n\n", rule.id, rule.summary);
    let _ = writeln!(out, "- Why: {}", rule.reason);
    let _ = writeln!(out, "- Help: {}", rule.help);
    let _ =
        write!(out, "- Class {}, stage {}", rule.class.describe(Class::id), rule.stage.describe(Stage::id));
    if rule.severity != Severity::Error {
        let _ = write!(out, "; {}", rule.severity.id());
    }
    if rule.releases != Span::ALWAYS {
        let _ = write!(out, "; libvirt {}", rule.releases);
    }
    out.push('\n');
    out
}

#[test]
fn every_rule_is_listed_once() {
    let listed: usize = rules().lines().filter(|line| line.starts_with("### ")).count();
    let others: usize = virtargv::rule_sets().iter().map(|set| set.rules.len()).sum();
    assert_eq!(listed, virtargv::rules().count() + others);
}

/// The columns of a picture.
const COLUMNS: usize = 112;

#[test]
fn the_picture_of_check_is_up_to_date() {
    let output = output(&["check", "examples/broken.xml"]);
    check("check.svg", &picture("virtargv check examples/broken.xml", &output));
}

#[test]
fn the_picture_of_explanations_is_up_to_date() {
    // Without a host, so that it is the same on every machine.
    let described = ["argv", "--explain", "--host", "none", "--env", "clean", "--now", "0", "--seed", "1"];
    let output = output(&[&described[..], &["examples/server.xml"]].concat());
    let lines: Vec<&str> = output.lines().collect();
    let first = lines.iter().position(|line| line.starts_with("# devices/disk")).unwrap();
    let last = lines.iter().position(|line| line.starts_with("# devices/console")).unwrap();
    let shown = format!("...\n{}\n...\n", lines[first..last].join("\n"));
    check("explain.svg", &picture("virtargv argv --explain examples/server.xml", &shown));
}

/// What the command prints on a terminal.
fn output(arguments: &[&str]) -> String {
    let project = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut command = common::virtargv();
    command.args(arguments).env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR").current_dir(project);
    let output = common::run(&mut command, "");
    assert_eq!(text(&output.stderr), "");
    text(&output.stdout).to_owned()
}

/// A terminal with a command and its output.
fn picture(command: &str, output: &str) -> String {
    let mut shown = format!("\u{1b}[1m$ {command}\u{1b}[0m\n");
    for line in output.lines() {
        // A line with colours is not broken: that could be inside of an escape sequence.
        let letters: Vec<char> = line.chars().collect();
        if line.contains('\u{1b}') || letters.len() <= COLUMNS {
            shown.push_str(line);
            shown.push('\n');
            continue;
        }
        for part in letters.chunks(COLUMNS) {
            shown.extend(part);
            shown.push('\n');
        }
    }
    let mut svg = anstyle_svg::Term::new().render_svg(&shown);
    svg.push('\n');
    svg
}
