//! SARIF 2.1.0, which GitHub's code scanning and many editors read.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use virtargv::{Rule, Severity};

use super::Layout;
use crate::check::result::{Document, Finding, Outcome, Region, Totals};
use crate::input;
use crate::json::VERSION;

pub(super) struct Sarif;

/// The results come first and the rules that they name last, so that results are written as they come.
impl Layout for Sarif {
    fn begin(&self) -> String {
        "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{\
         \"columnKind\":\"unicodeCodePoints\",\"results\":[\n"
            .to_owned()
    }

    fn separator(&self) -> &'static str {
        ",\n"
    }

    fn document(&self, document: &Document<'_>) -> String {
        // What cannot be read is in the notifications, at the end.
        let Outcome::Checked(checked) = &document.outcome else { return String::new() };
        let file = artifact(document.name);
        let results = checked.findings().into_iter().map(|finding| result(&file, &finding).to_string());
        results.collect::<Vec<_>>().join(self.separator())
    }

    fn end(&self, totals: &Totals) -> String {
        let rules: Vec<Value> = totals.rules.values().map(|rule| descriptor(rule)).collect();
        let tool = json!({ "driver": {
            "name": "virtargv",
            "version": VERSION,
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": rules,
        }});
        let notifications = totals.unchecked.iter().map(|(name, why)| {
            json!({
                "level": "error",
                "message": { "text": why },
                "locations": [{ "physicalLocation": { "artifactLocation": artifact(name) } }],
            })
        });
        let invocation = json!({
            "executionSuccessful": totals.unchecked.is_empty(),
            "toolExecutionNotifications": notifications.collect::<Vec<_>>(),
        });
        format!("\n],\"tool\":{tool},\"invocations\":[{invocation}]}}]}}\n")
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn descriptor(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": rule.reason },
        "help": { "text": rule.help },
        "defaultConfiguration": { "level": level(rule.severity) },
    })
}

fn result(file: &Value, finding: &Finding<'_>) -> Value {
    let problem = finding.problem;
    let mut out = json!({
        "ruleId": problem.id(),
        "level": level(problem.severity),
        "message": { "text": format!("{problem}{}", finding.help_line()) },
        "locations": [location(file, finding.region.as_ref())],
        "properties": { "class": problem.class.id(), "stage": problem.stage.id() },
    });
    let related = finding.labels.iter().enumerate().map(|(n, (region, text))| {
        let mut location = location(file, region.as_ref());
        set(&mut location, "id", json!(n));
        set(&mut location, "message", json!({ "text": text }));
        location
    });
    let related: Vec<Value> = related.collect();
    if !related.is_empty() {
        set(&mut out, "relatedLocations", related.into());
    }
    if !finding.edits.is_empty() {
        let replacements = finding
            .edits
            .iter()
            .map(|(at, text)| json!({ "deletedRegion": region(at), "insertedContent": { "text": text } }));
        let fix = json!({
            "description": { "text": problem.help() },
            "artifactChanges": [{ "artifactLocation": file, "replacements": replacements.collect::<Vec<_>>() }],
        });
        set(&mut out, "fixes", json!([fix]));
    }
    out
}

/// Gives an object a property.
fn set(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(properties) = object {
        properties.insert(key.to_owned(), value);
    }
}

fn location(file: &Value, at: Option<&Region>) -> Value {
    let mut physical = json!({ "artifactLocation": file });
    if let Some(at) = at {
        set(&mut physical, "region", region(at));
    }
    json!({ "physicalLocation": physical })
}

fn region(at: &Region) -> Value {
    json!({
        "startLine": at.line, "startColumn": at.column, "endLine": at.end_line, "endColumn": at.end_column,
        "byteOffset": at.bytes.start, "byteLength": at.bytes.len(),
    })
}

/// What the path of a URI keeps.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A file. Standard input has no URI.
fn artifact(name: &str) -> Value {
    if name == input::STDIN {
        return json!({ "description": { "text": "standard input" } });
    }
    let scheme = if name.starts_with('/') { "file://" } else { "" };
    let path = utf8_percent_encode(name.strip_prefix("./").unwrap_or(name), PATH);
    json!({ "uri": format!("{scheme}{path}") })
}
