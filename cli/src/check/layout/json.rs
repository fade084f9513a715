//! One JSON object; `docs/check.schema.json` is its schema.

use serde_json::{Value, json};
use virtargv::Release;

use super::Layout;
use crate::check::result::{Checked, Document, Finding, Outcome, Region, Totals};
use crate::json;

/// The version of the layout. It changes where a reader of the version before would misunderstand.
const LAYOUT: u32 = 2;

pub(super) struct Json(pub(super) Release);

impl Layout for Json {
    fn begin(&self) -> String {
        let object = json::object(LAYOUT, Some(self.0), json!({})).to_string();
        // The documents follow one by one, and `end` closes the object.
        format!("{},\"documents\":[\n", object.trim_end_matches('}'))
    }

    fn separator(&self) -> &'static str {
        ",\n"
    }

    fn document(&self, document: &Document<'_>) -> String {
        let name = document.name;
        let value = match &document.outcome {
            Outcome::Checked(checked) => {
                let status = if checked.report.refuses() { "refused" } else { "accepted" };
                let problems = problems(checked);
                json!({ "file": name, "status": status, "problems": problems })
            }
            Outcome::Unchecked(why) => {
                json!({ "file": name, "status": "unchecked", "error": why, "problems": [] })
            }
            Outcome::Skipped(what) => {
                json!({ "file": name, "status": "skipped", "reason": what, "problems": [] })
            }
        };
        value.to_string()
    }

    fn end(&self, totals: &Totals) -> String {
        let summary = json!({
            "documents": totals.documents, "refused": totals.refused,
            "unchecked": totals.unchecked.len(), "skipped": totals.skipped,
            "errors": totals.errors, "warnings": totals.warnings, "notes": totals.notes,
        });
        format!("\n],\"summary\":{summary}}}\n")
    }
}

/// The problems of a document, by their place in it.
pub(crate) fn problems(checked: &Checked<'_>) -> Vec<Value> {
    checked.findings().iter().map(problem).collect()
}

fn problem(finding: &Finding<'_>) -> Value {
    let problem = finding.problem;
    let place = |region: &Option<Region>| region.as_ref().map(Region::to_json);
    let labels = finding.labels.iter().map(|(region, text)| json!({ "text": text, "place": place(region) }));
    let edits = finding.edits.iter().map(|(region, text)| json!({ "text": text, "place": region.to_json() }));
    json!({
        "rule": problem.id(),
        "severity": problem.severity.id(),
        "class": problem.class.id(),
        "stage": problem.stage.id(),
        "message": problem.message,
        "help": problem.help(),
        "place": place(&finding.region),
        "labels": labels.collect::<Vec<_>>(),
        "edits": edits.collect::<Vec<_>>(),
    })
}
