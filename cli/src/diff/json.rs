//! One JSON object; `docs/diff.schema.json` is its schema.

use serde_json::{Value, json};
use virtargv::diff::{Change, Fleet, Incompatible, Kind, Reason, Seen};
use virtargv::{Problem, Report};

use crate::args::DiffArgs;
use crate::json;

use super::Compared;

/// The version of the layout. It changes where a reader of the version before would misunderstand.
const LAYOUT: u32 = 1;

pub(super) fn all(args: &DiffArgs, caps: &[Option<String>; 2], all: &[Compared], fleet: &Fleet) -> String {
    let is_shown = |seen| !args.guest || seen == Seen::Guest;
    let documents: Vec<Value> = all.iter().map(|compared| document(compared, is_shown)).collect();
    let kinds = fleet.sorted().into_iter().filter(|(kind, _)| is_shown(kind.seen));
    let [old, new] = args.machines();
    let (first, second) = args.release;
    let [old_caps, new_caps] = caps;
    let parts = json!({
        "before": { "release": first.name(), "caps": old_caps, "machine": old },
        "after": { "release": second.name(), "caps": new_caps, "machine": new },
        "documents": documents,
        "summary": {
            "documents": fleet.documents,
            "guest": fleet.seen,
            "same": fleet.same,
            "refused": fleet.refused,
            "refused_before": fleet.refused_before,
            "refused_after": fleet.refused_after,
            "unknown": fleet.unknown,
            "kinds": kinds.map(kind).collect::<Vec<_>>(),
        },
    });
    json::object(LAYOUT, None, parts).to_string()
}

fn document(compared: &Compared, is_shown: impl Fn(Seen) -> bool) -> Value {
    let diff = match &compared.diff {
        Ok(diff) => diff,
        Err(why) => return json!({ "file": compared.name, "error": why }),
    };
    let changes = diff.changes.iter().filter(|change| is_shown(change.seen));
    let incompatibles = diff.abi.iter().filter(|incompatible| is_shown(incompatible.seen));
    let [old, new] = &diff.reports;
    let [has_old, has_new] = diff.lines;
    json!({
        "file": compared.name,
        "guest": diff.is_seen(),
        "compared": diff.extent.id(),
        "changes": changes.map(change).collect::<Vec<_>>(),
        "incompatible": incompatibles.map(incompatible).collect::<Vec<_>>(),
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
        "makes": change.makes,
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
        "on": kind.on.id(),
        "reasons": kind.reasons.iter().copied().map(reason).collect::<Vec<_>>(),
        "documents": names,
    })
}
