//! One JSON object; `docs/diff.schema.json` is its schema.

use serde_json::{Value, json};
use virtargv::diff::{Change, Diff, Fleet, Incompatible, Kind, Reason};
use virtargv::{Problem, Report};

use crate::args::DiffArgs;
use crate::json;

use super::Compared;

/// The version of the layout. It changes where a reader of the version before would misunderstand.
const LAYOUT: u32 = 1;

pub(super) fn all(args: &DiffArgs, all: &[Compared], fleet: &Fleet) -> String {
    let documents: Vec<Value> = all.iter().map(document).collect();
    let [old, new] = args.machines();
    let (first, second) = args.release;
    let parts = json!({
        "before": { "release": first.name(), "machine": old },
        "after": { "release": second.name(), "machine": new },
        "documents": documents,
        "summary": {
            "documents": fleet.documents,
            "guest": fleet.seen,
            "same": fleet.same,
            "refused": fleet.refused,
            "kinds": fleet.sorted().into_iter().map(kind).collect::<Vec<_>>(),
        },
    });
    json::object(LAYOUT, None, parts).to_string()
}

fn document(compared: &Compared) -> Value {
    match &compared.diff {
        Err(why) => json!({ "file": compared.name, "error": why }),
        Ok(diff) => differences(&compared.name, diff),
    }
}

fn differences(name: &str, diff: &Diff) -> Value {
    let [old, new] = &diff.reports;
    let [has_old, has_new] = diff.lines;
    json!({
        "file": name,
        "guest": diff.is_seen(),
        "changes": diff.changes.iter().map(change).collect::<Vec<_>>(),
        "incompatible": diff.abi.iter().map(incompatible).collect::<Vec<_>>(),
        "before": { "line": has_old, "problems": problems(old) },
        "after": { "line": has_new, "problems": problems(new) },
    })
}

fn problems(report: &Report) -> Vec<Value> {
    let one = |problem: &Problem| json!({ "rule": problem.id(), "severity": problem.severity.id(), "message": problem.message });
    report.iter().map(one).collect()
}

fn change(change: &Change) -> Value {
    json!({
        "part": change.part.id(),
        "seen": change.seen.id(),
        "argument": change.argument,
        "property": change.property,
        "before": change.before,
        "after": change.after,
        "origin": change.origin,
        "reasons": change.reasons.iter().copied().map(reason).collect::<Vec<_>>(),
    })
}

fn incompatible(incompatible: &Incompatible) -> Value {
    let difference = &incompatible.difference;
    json!({
        "rule": difference.problem.id(),
        "seen": incompatible.seen.id(),
        "what": difference.what,
        "before": difference.before,
        "after": difference.after,
        "message": difference.problem.message,
        "reasons": incompatible.reasons.iter().copied().map(reason).collect::<Vec<_>>(),
    })
}

fn reason(reason: Reason) -> Value {
    let name = match reason {
        Reason::Convention(convention) => Some(convention.name().to_owned()),
        Reason::Version(version) => Some(version.to_string()),
        Reason::Flag { cap, .. } => Some(cap.name().to_owned()),
        Reason::Document | Reason::Machine | Reason::Binary | Reason::Settings => None,
    };
    json!({ "kind": reason.id(), "name": name, "text": reason.to_string() })
}

fn kind((kind, names): (&Kind, &[String])) -> Value {
    json!({
        "seen": kind.seen.id(),
        "part": kind.part.map_or("incompatible", virtargv::diff::Part::id),
        "what": kind.what,
        "property": kind.property,
        "reasons": kind.reasons.iter().copied().map(reason).collect::<Vec<_>>(),
        "documents": names,
    })
}
