//! The differences as text for people: what the guest sees first, by reason.

use std::fmt::Write as _;

use virtargv::diff::{Change, Diff, Extent, Fleet, Kind, On, Part, Reason, Seen};
use virtargv::model::one_line;
use virtargv::render::escaped;
use virtargv::{Problem, Report};

/// The most characters of a value that are shown.
const WIDTH: usize = 100;

/// What differs for one reason.
struct Group {
    reasons: Vec<Reason>,
    lines: Vec<String>,
}

/// The differences of one document; where `guest_only`, those that the guest sees.
pub(super) fn one(diff: &Diff, guest_only: bool) -> String {
    let mut sections = Vec::new();
    for (seen, title) in [(Seen::Guest, "The guest sees:"), (Seen::Host, "The host alone sees:")] {
        if !guest_only || seen == Seen::Guest {
            sections.extend(section(title, &groups(diff, seen)));
        }
    }
    sections.extend(without_line(diff));
    let count = |seen| {
        let changes = diff.changes.iter().filter(|change| change.seen == seen).count();
        changes.saturating_add(diff.abi.iter().filter(|incompatible| incompatible.seen == seen).count())
    };
    sections.push(match (guest_only, count(Seen::Guest), count(Seen::Host)) {
        (_, 0, 0) if diff.extent != Extent::Lines => "no difference in what is compared\n".to_owned(),
        (true, 0, _) => "no difference that the guest sees\n".to_owned(),
        (true, guest, _) => format!("{guest} that the guest sees\n"),
        (false, 0, 0) => "no difference\n".to_owned(),
        (false, guest, host) => format!("{guest} that the guest sees, {host} on the host alone\n"),
    });
    sections.join("\n")
}

fn section(title: &str, groups: &[Group]) -> Option<String> {
    if groups.is_empty() {
        return None;
    }
    let mut out = format!("{title}\n");
    for group in groups {
        out.push('\n');
        for (index, reason) in group.reasons.iter().enumerate() {
            let and = if index > 0 { "and " } else { "" };
            let _ = writeln!(out, "  {and}{}", one_line(&reason.to_string()));
        }
        for line in &group.lines {
            let _ = writeln!(out, "    {}", escaped(&one_line(line)));
        }
    }
    Some(out)
}

/// What is told where a side has no command line.
fn without_line(diff: &Diff) -> Option<String> {
    let [old, new] = &diff.reports;
    let sides: &[(&str, &Report)] = match diff.lines {
        [true, true] => return None,
        [false, true] => &[("The first side", old)],
        [true, false] => &[("The second side", new)],
        [false, false] if old == new => &[("Each side", old)],
        [false, false] => &[("The first side", old), ("The second side", new)],
    };
    let mut out = String::new();
    for (side, report) in sides {
        let why = if report.refuses() {
            "is refused"
        } else {
            "has no command line, as the host is not known (`--host`)"
        };
        // What only one side has is among the differences.
        let is_shown =
            |problem: &&Problem| !diff.changes.iter().any(|change| change.argument == problem.id());
        let others: Vec<String> = report
            .iter()
            .filter(is_shown)
            .map(|problem| format!("    {}: {}\n", problem.id(), escaped(&one_line(&problem.to_string()))))
            .collect();
        let _ = write!(out, "{side} {why}{}\n{}", if others.is_empty() { "." } else { ":" }, others.concat());
    }
    out.push_str(match diff.extent {
        Extent::Domains => "The completed domains are compared, not the command lines.\n",
        Extent::Problems | Extent::Lines => "Only the problems are compared.\n",
    });
    Some(out)
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

/// A change on one line, with the sign of its kind (docs/diff.md).
fn line(change: &Change) -> String {
    let (sign, name) = (sign(Some(change.part), change.on()), &change.argument);
    let value = |value: &Option<String>| value.as_deref().map_or_else(|| "absent".to_owned(), short);
    let (before, after) = (value(&change.before), value(&change.after));
    let property = if change.property.is_empty() { String::new() } else { format!(" {}", change.property) };
    let origin = if change.origin.is_empty() { String::new() } else { format!("   ({})", change.origin) };
    let what = match change.part {
        Part::Argument | Part::Problem => {
            let text = if change.on() == On::Before { before } else { after };
            // An option without a value has none.
            if text.is_empty() { name.clone() } else { format!("{name}: {text}") }
        }
        Part::Form => format!("{name} is written otherwise"),
        Part::Order => format!("the order of the arguments: {after} is where {before} was"),
        Part::Property | Part::Environment | Part::Monitor => {
            format!("{name}{property}: {before} -> {after}")
        }
    };
    format!("{sign} {what}{origin}")
}

/// The sign of a kind of difference; `None` is one that libvirt refuses.
fn sign(part: Option<Part>, on: On) -> char {
    match (part, on) {
        (None, _) => '!',
        (Some(Part::Argument | Part::Problem), On::Before) => '-',
        (Some(Part::Argument | Part::Problem), On::After | On::Both) => '+',
        (Some(Part::Property | Part::Environment | Part::Monitor), _) => '~',
        (Some(Part::Form | Part::Order), _) => '=',
    }
}

fn short(text: &str) -> String {
    let start: String = text.chars().take(WIDTH).collect();
    if start.len() < text.len() { format!("{start}...") } else { start }
}

/// The most names of documents that are shown of a list.
const NAMES: usize = 3;

/// The differences of many documents, by kind; where `guest_only`, those that guests see.
pub(super) fn fleet(fleet: &Fleet, guest_only: bool) -> String {
    let mut out = String::new();
    let mut last = None;
    for (kind, names) in fleet.sorted() {
        if guest_only && kind.seen != Seen::Guest {
            continue;
        }
        if last != Some(kind.seen) {
            let title = match kind.seen {
                Seen::Guest => "Guests see:",
                Seen::Host => "The host alone sees:",
            };
            let _ = writeln!(out, "{}{title}\n", if out.is_empty() { "" } else { "\n" });
            last = Some(kind.seen);
        }
        let _ = writeln!(out, "  {:>5}  {}: {}", names.len(), escaped(&what(kind)), self::names(names));
        for reason in &kind.reasons {
            let _ = writeln!(out, "         {}", escaped(&one_line(&reason.to_string())));
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let without = [
        ("refused on the first side only", &fleet.refused_before),
        ("refused on the second side only", &fleet.refused_after),
        ("refused on both sides", &fleet.refused),
        ("no command line, as the host is not known (`--host`)", &fleet.unknown),
    ];
    for (why, documents) in without.iter().filter(|(_, documents)| !documents.is_empty()) {
        let _ = writeln!(out, "{why}: {}: {}", documents.len(), names(documents));
    }
    let documents = if fleet.documents == 1 { "document" } else { "documents" };
    let _ = writeln!(
        out,
        "{} {documents}: {} of which the guest sees a change, {} without any difference",
        fleet.documents, fleet.seen, fleet.same,
    );
    out
}

/// The first of the names, and how many more there are.
fn names(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(NAMES).map(|name| escaped(name).to_string()).collect();
    let more = names.len().saturating_sub(NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// A kind of difference in a few words, with its sign.
fn what(kind: &Kind) -> String {
    let (what, property) = (&kind.what, &kind.property);
    let text = match kind.part {
        None => format!("{what} ({property})"),
        Some(Part::Form) => format!("{what} is written otherwise"),
        Some(Part::Order) => "the order of the arguments".to_owned(),
        Some(_) if property.is_empty() => what.clone(),
        Some(_) => format!("{what} {property}"),
    };
    format!("{} {text}", sign(kind.part, kind.on))
}
