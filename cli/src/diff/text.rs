//! The differences as text for people: what the guest sees first, by reason.

use std::fmt::Write as _;

use virtargv::Stage;
use virtargv::diff::{Change, Diff, Fleet, Kind, Part, Reason, Seen};
use virtargv::model::one_line;
use virtargv::render::escaped;

/// The most characters of a value that are shown.
const WIDTH: usize = 100;

/// What differs for one reason.
struct Group {
    reasons: Vec<Reason>,
    lines: Vec<String>,
}

/// The differences of one document.
pub(super) fn one(diff: &Diff) -> String {
    let mut out = String::new();
    for (seen, title) in [(Seen::Guest, "The guest sees:"), (Seen::Host, "The host alone sees:")] {
        let groups = groups(diff, seen);
        if groups.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(out, "{title}");
        for group in groups {
            out.push('\n');
            for (index, reason) in group.reasons.iter().enumerate() {
                let and = if index > 0 { "and " } else { "" };
                let _ = writeln!(out, "  {and}{}", one_line(&reason.to_string()));
            }
            for line in group.lines {
                let _ = writeln!(out, "    {}", escaped(&one_line(&line)));
            }
        }
    }
    out.push_str(&missing(diff));
    let seen = |seen| {
        let changes = diff.changes.iter().filter(|change| change.seen == seen).count();
        changes.saturating_add(diff.abi.iter().filter(|incompatible| incompatible.seen == seen).count())
    };
    if out.is_empty() {
        return "no difference\n".to_owned();
    }
    let _ =
        writeln!(out, "\n{} that the guest sees, {} on the host alone", seen(Seen::Guest), seen(Seen::Host));
    out
}

/// What is said where a side has no command line.
fn missing(diff: &Diff) -> String {
    let which = match diff.lines {
        [true, true] => return String::new(),
        [false, true] => "The first side has no command line",
        [true, false] => "The second side has no command line",
        [false, false] => "Neither side has a command line",
    };
    let [old, new] = &diff.reports;
    let report = if diff.lines == [true, false] { new } else { old };
    let rest = if report.iter().any(|problem| problem.stage == Stage::Read) {
        "; what cannot be read is not compared"
    } else {
        ", so that only the completed domains are compared"
    };
    let mut out = format!("\n{which}{rest}:\n");
    for problem in report {
        let _ = writeln!(out, "    {}: {}", problem.id(), escaped(&one_line(&problem.to_string())));
    }
    out
}

fn groups(diff: &Diff, seen: Seen) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut add =
        |reasons: &Vec<Reason>, line: String| match groups.iter_mut().find(|g| g.reasons == *reasons) {
            Some(group) => group.lines.push(line),
            None => groups.push(Group { reasons: reasons.clone(), lines: vec![line] }),
        };
    for change in diff.changes.iter().filter(|change| change.seen == seen) {
        add(&change.reasons, line(change));
    }
    for incompatible in diff.abi.iter().filter(|incompatible| incompatible.seen == seen) {
        let problem = &incompatible.difference.problem;
        add(&incompatible.reasons, format!("! {}: {}", problem.id(), problem.message));
    }
    groups
}

/// A change on one line: `-` is gone, `+` is new, `~` has another value, `=` says the same otherwise.
fn line(change: &Change) -> String {
    let value = |value: &Option<String>| value.as_deref().map_or_else(|| "absent".to_owned(), short);
    let (before, after) = (value(&change.before), value(&change.after));
    let name = &change.argument;
    let origin = if change.origin.is_empty() { String::new() } else { format!("   ({})", change.origin) };
    match change.part {
        Part::Argument | Part::Problem => match (&change.before, &change.after) {
            (Some(_), _) => format!("- {name}{}{origin}", after_colon(&before)),
            _ => format!("+ {name}{}{origin}", after_colon(&after)),
        },
        Part::Form => format!("= {name} is written otherwise{origin}"),
        Part::Order => format!("= the order of the arguments: {after} is where {before} was"),
        Part::Property | Part::Environment | Part::Monitor if change.property.is_empty() => {
            format!("~ {name}: {before} -> {after}{origin}")
        }
        Part::Property | Part::Environment | Part::Monitor => {
            format!("~ {name} {}: {before} -> {after}{origin}", change.property)
        }
    }
}

/// The value of an argument; an option without one has none.
fn after_colon(value: &str) -> String {
    if value.is_empty() { String::new() } else { format!(": {value}") }
}

fn short(text: &str) -> String {
    let start: String = text.chars().take(WIDTH).collect();
    if start.len() < text.len() { format!("{start}...") } else { start }
}

/// The most names of documents that are shown for a kind.
const NAMES: usize = 3;

/// The differences of many documents, by kind.
pub(super) fn fleet(fleet: &Fleet) -> String {
    let mut out = String::new();
    let mut last = None;
    for (kind, names) in fleet.sorted() {
        if last != Some(kind.seen) {
            let title = match kind.seen {
                Seen::Guest => "Guests see:",
                Seen::Host => "The host alone sees:",
            };
            let _ = writeln!(out, "{}{title}\n", if out.is_empty() { "" } else { "\n" });
            last = Some(kind.seen);
        }
        let _ = writeln!(out, "  {:>5}  {}: {}", names.len(), escaped(&told(kind)), self::names(names));
        for reason in &kind.reasons {
            let _ = writeln!(out, "         {}", escaped(&one_line(&reason.to_string())));
        }
    }
    let documents = match fleet.documents {
        1 => "1 document".to_owned(),
        count => format!("{count} documents"),
    };
    let between = if out.is_empty() { "" } else { "\n" };
    let _ = writeln!(
        out,
        "{between}{documents}: {} of which the guest sees a change, {} without any difference, {} refused on both sides",
        fleet.seen,
        fleet.same,
        fleet.refused.len()
    );
    if !fleet.refused.is_empty() {
        let _ = writeln!(out, "refused on both sides: {}", names(&fleet.refused));
    }
    out
}

/// The first of the names, and how many more there are.
fn names(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(NAMES).map(|name| escaped(name).to_string()).collect();
    let more = names.len().saturating_sub(NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// A kind of difference in a few words.
fn told(kind: &Kind) -> String {
    let (what, property) = (&kind.what, &kind.property);
    match kind.part {
        None => format!("{what} ({property})"),
        Some(Part::Problem) => format!("problem {what} on one side"),
        Some(Part::Argument) => format!("{what} on one side"),
        Some(Part::Form) => format!("{what} is written otherwise"),
        Some(Part::Order) => "the order of the arguments".to_owned(),
        Some(_) if property.is_empty() => what.clone(),
        Some(_) => format!("{what} {property}"),
    }
}
