//! What is said about broken documents: each of `diagnostics/` has one mistake, and its report as golden text.
//! `BLESS=1` writes the reports.

#![allow(clippy::disallowed_methods, reason = "tests look at files")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use virtargv::{
    Edit, FixedHost, Levels, Problem, Release, Report, Request, Severity, Source, builtin, model::advice,
    render::Renderer,
};

/// The names of the files with this extension, without it.
fn names(extension: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap().path());
    let wanted = files.filter(|path| path.extension().is_some_and(|found| found == extension));
    wanted.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("diagnostics")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(directory().join(name)).unwrap_or_default()
}

/// The report on a document for a machine of which nothing is known, with the lints that are on by default.
fn check(text: &str) -> Report {
    let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).unwrap();
    virtargv::check(text, &Request::new(&caps, &FixedHost::default()), &Levels::default())
}

#[test]
fn reports_are_as_written_down() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut differing = Vec::new();
    for name in names("xml") {
        let text = read(&format!("{name}.xml"));
        let shown = Renderer::plain().report(&format!("{name}.xml"), &Source::new(&text), &check(&text));
        let golden = format!("{name}.txt");
        if bless {
            std::fs::write(directory().join(&golden), &shown).unwrap();
        } else if read(&golden) != shown {
            differing.push(format!("{golden}:\n{shown}"));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn every_mistake_is_seen_and_has_help() {
    for name in names("xml") {
        let report = check(&read(&format!("{name}.xml")));
        assert!(!report.is_empty(), "{name}: nothing is reported");
        for problem in &report {
            assert!(!problem.help().is_empty(), "{name}: {problem}");
        }
    }
}

#[test]
fn every_report_is_of_a_document() {
    assert_eq!(names("txt"), names("xml"));
}

/// What mends the problems of a document leaves none of them, and breaks nothing else.
#[test]
fn edits_mend_what_they_are_for() {
    let mut mended = 0;
    for name in names("xml") {
        let text = read(&format!("{name}.xml"));
        let report = check(&text);
        let fixes = Source::new(&text).fixes(&report);
        if fixes.mended.is_empty() {
            continue;
        }
        let ids: Vec<&str> = fixes.mended.iter().map(|problem| problem.id()).collect();
        let new = advice::apply(&text, fixes.replacements);
        let left = check(&new);
        let errors: Vec<String> = left
            .iter()
            .filter(|problem| problem.severity == Severity::Error || ids.contains(&problem.id()))
            .filter(|problem| !OF_HOST.contains(&problem.id()))
            .map(ToString::to_string)
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}: {new}");
        mended += 1;
    }
    assert!(mended >= 10, "{mended}");
}

/// What the host answers, of which nothing is known here: firmware, render nodes, and what its QEMU can protect.
const OF_HOST: [&str; 3] = ["firmware-not-found", "graphics-render-node", "launch-security"];

/// The words that a help lists are allowed: where one is put into the document, no rule about that value refuses it.
#[test]
fn words_of_a_list_are_allowed() {
    let (mut tried, mut refused) = (0, Vec::new());
    for name in names("xml") {
        let text = read(&format!("{name}.xml"));
        let (report, source) = (check(&text), Source::new(&text));
        let before: Vec<_> = report.iter().map(|problem| (problem.id(), &problem.place)).collect();
        for choices in report.iter().filter_map(Problem::choices) {
            for word in &choices.allowed {
                let edit = Edit::value(choices.place.clone(), *word);
                let new = advice::apply(&text, source.replacements(&[edit]).unwrap());
                let (after, new_source) = (check(&new), Source::new(&new));
                let bad = after.iter().filter(|problem| {
                    problem.severity == Severity::Error
                        && new_source.is_same(&problem.place, &choices.place)
                        && !OF_HOST.contains(&problem.id())
                        && !before.contains(&(problem.id(), &problem.place))
                });
                refused.extend(bad.map(|problem| format!("{name}: {word}: {problem}")));
                tried += 1;
            }
        }
    }
    assert_eq!(refused, Vec::<String>::new());
    assert!(tried > 100, "{tried}");
}

#[test]
fn no_control_character_reaches_a_terminal() {
    let value = |value: &str| format!("<domain type='{value}'><name>{value}</name></domain>");
    let documents = [
        value("\u{9b}31m"),
        value("\u{7f}\u{85}"),
        value("\u{202e}mvk"),
        value("&#10;&#13;&#9;"),
        "\u{1b}]0;title\u{7} <domain/>".to_owned(),
        "<domain>\r\u{8}</domain>".to_owned(),
    ];
    for text in documents {
        let shown = Renderer::plain().report("a\u{1b}[2J\n\u{7}.xml", &Source::new(&text), &check(&text));
        let bad = shown.chars().find(|c| (c.is_control() && *c != '\n') || matches!(c, '\u{202e}'));
        assert_eq!(bad, None, "{shown:?}");
        assert!(shown.contains("a\\u{1b}[2J\\n\\u{7}.xml"), "{shown:?}");
    }
}
