//! The formats of `virtargv check` that machines read, against their schemas.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use common::{Scratch, text};
use serde_json::Value;

const SCHEMA: &str = include_str!("../../docs/check.schema.json");
/// A document with characters of two bytes before the place of its problem.
const WIDE: &str = "<domain type='kvm'><name>\u{e9}\u{e9}</name><memory unit='Mob'>64</memory>
<os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
/// A document with an error, and with something that only a host could say.
const NOTED: &str = "<domain type='kvm'><name>a</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='q35'>hvm</type></os>
<devices><interface type='network'><source network='default'/></interface></devices></domain>";

/// The output of `check --format FORMAT` for everything that can come of a file.
fn output(format: &str) -> String {
    let matrix = concat!(env!("CARGO_MANIFEST_DIR"), "/../testsuite/matrix");
    let broken = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/broken.xml");
    let scratch = Scratch::with(&[
        ("a b.xml", WIDE.as_bytes()),
        ("c.xml", NOTED.as_bytes()),
        ("d.xml", b"<network/>"),
        ("e.xml", b"<domain>"),
    ]);
    let args = ["check", "--format", format, ".", "-", "no:file.xml", broken, matrix];
    let output = common::run(common::virtargv().args(args).current_dir(scratch.path()), WIDE);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    text(&output.stdout).to_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn json_is_what_its_schema_says() {
    let schema = json(SCHEMA);
    jsonschema::meta::validate(&schema).expect("a JSON Schema");
    let validator = jsonschema::validator_for(&schema).expect("a JSON Schema");
    let report = json(&output("json"));
    let errors: Vec<String> =
        validator.iter_errors(&report).map(|e| format!("{e} at {}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    // The schema is no use if it takes anything.
    for (pointer, wrong) in [
        ("/version", Value::from(1)),
        ("/documents/0/status", Value::from("unchecked")),
        ("/documents/0/problems/0/place/line", Value::from(0)),
        ("/documents/0/problems/0/severity", Value::from("fatal")),
        ("/summary/refused", Value::Null),
    ] {
        let mut report = report.clone();
        *report.pointer_mut(pointer).expect("a value") = wrong;
        assert!(!validator.is_valid(&report), "{pointer}");
    }
}

#[test]
fn the_numbers_of_json_are_those_of_its_documents() {
    let report = json(&output("json"));
    let documents = report["documents"].as_array().expect("an array");
    let count = |status: &str| documents.iter().filter(|document| document["status"] == status).count();
    let problems =
        || documents.iter().flat_map(|document| document["problems"].as_array().expect("an array"));
    let severe = |severity: &str| problems().filter(|problem| problem["severity"] == severity).count();
    let summary = &report["summary"];
    assert_eq!(summary["documents"], count("accepted") + count("refused"));
    for (key, number) in [
        ("refused", count("refused")),
        ("unchecked", count("unchecked")),
        ("skipped", count("skipped")),
        ("errors", severe("error")),
        ("warnings", severe("warning")),
        ("notes", severe("note")),
    ] {
        assert_eq!(summary[key], number, "{key}");
        assert!(number > 0 || key == "warnings", "nothing of '{key}' was tried");
    }
}

#[test]
fn places_are_bytes_and_characters() {
    let place = &json(&output("json"))["documents"][0]["problems"][0]["place"];
    let start = WIDE.find("unit=").expect("the attribute");
    let column = WIDE.chars().position(|c| c == 'u').expect("the attribute") + 1;
    let expected = serde_json::json!({
        "start": start, "end": start + 10,
        "line": 1, "column": column, "end_line": 1, "end_column": column + 10,
    });
    assert_eq!(*place, expected);
}

#[test]
fn sarif_is_sarif() {
    let report = output("sarif");
    // Every required property is there, and every property is known: none is lost on the way.
    let log: serde_sarif::sarif::Sarif = serde_json::from_str(&report).expect("SARIF 2.1.0");
    let log = serde_json::to_value(&log).expect("JSON");
    let report = json(&report);
    assert_eq!(log, report);
    let run = &report["runs"][0];
    let rules: Vec<&Value> = run["tool"]["driver"]["rules"].as_array().expect("rules").iter().collect();
    let results = run["results"].as_array().expect("results");
    assert!(results.len() > 100, "{}", results.len());
    for result in results {
        assert!(
            ["error", "warning", "note"].contains(&result["level"].as_str().expect("a text")),
            "{result}"
        );
        let rule = rules.iter().find(|rule| rule["id"] == result["ruleId"]);
        assert!(rule.is_some_and(|rule| rule["help"]["text"].is_string()), "{result}");
        let places = result["locations"]
            .as_array()
            .expect("places")
            .iter()
            .chain(result["relatedLocations"].as_array().into_iter().flatten());
        for place in places {
            let region = &place["physicalLocation"]["region"];
            let numbers = ["startLine", "startColumn", "endLine", "endColumn", "byteOffset", "byteLength"];
            let all = numbers.iter().all(|key| region[*key].is_u64());
            assert!(region.is_null() || all, "{region}");
        }
    }
    let uris: Vec<&Value> = results
        .iter()
        .map(|result| &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        .collect();
    assert!(uris.contains(&&Value::from("a%20b.xml")));
    let notification = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "no%3Afile.xml");
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn junit_counts_its_cases() {
    let report = output("junit");
    let tree = roxmltree::Document::parse(&report).expect("XML");
    let suites: Vec<_> = tree.descendants().filter(|node| node.has_tag_name("testsuite")).collect();
    assert!(suites.len() > 500, "{}", suites.len());
    let mut all = [0; 3];
    for suite in suites {
        let count = |name: &str| suite.descendants().filter(|node| node.has_tag_name(name)).count();
        let attributes =
            [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")];
        for (attribute, element) in attributes {
            assert_eq!(suite.attribute(attribute), Some(&*count(element).to_string()), "{suite:?}");
        }
        for (sum, element) in all.iter_mut().zip(["failure", "error", "skipped"]) {
            *sum += count(element);
        }
    }
    let [failures, errors, skipped] = all;
    assert!(failures > 100 && errors == 1 && skipped > 0, "{all:?}");
}

#[test]
fn each_line_for_github_is_a_command() {
    let report = output("github");
    let mut lines = report.lines().rev().skip_while(|line| !line.starts_with("::"));
    assert!(lines.clone().count() > 100);
    assert!(lines.all(|line| {
        let level = line.split([' ', ':']).nth(2);
        matches!(level, Some("error" | "warning" | "notice")) && line.contains(",title=")
    }));
}
