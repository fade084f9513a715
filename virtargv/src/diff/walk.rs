//! Finds the steps that change something, and says of each difference which steps make it.

use virtargv_model::{Domain, Report};
use virtargv_validate::abi;

use super::facts::Facts;
use super::steps::Steps;
use super::{Change, Diff, Incompatible, Part, Reason, Side, visible};

/// What came of the run at a point.
#[derive(PartialEq)]
struct Point {
    facts: Facts,
    /// The completed domain, as its document has it.
    domain: Option<Domain>,
}

/// Some steps at once, and what they change.
struct Stretch {
    reasons: Vec<Reason>,
    changes: Vec<Change>,
    abi: Vec<abi::Difference>,
}

pub(super) fn diff(before: &Side<'_>, after: &Side<'_>) -> Diff {
    let mut steps = Steps::new(before, after);
    let (first, reports) = {
        let (old, new) = (point(&steps, 0), point(&steps, steps.len()));
        ([old.0, new.0], [old.1, new.1])
    };
    let [old, new] = first;
    let lines = [old.facts.has_line, new.facts.has_line];
    let mut changes = old.facts.changes(&new.facts);
    let release = after.request.release();
    let incompatible = |old: &Point, new: &Point| match (&old.domain, &new.domain) {
        (Some(old), Some(new)) => abi::compare(old, new, release),
        _ => Vec::new(),
    };
    let differences = incompatible(&old, &new);
    if changes.is_empty() && differences.is_empty() {
        return Diff { reports, lines, ..Diff::default() };
    }
    let mut points = vec![(0, old), (steps.len(), new)];
    search(&steps, &mut points);
    for _ in 0..GATHERED {
        let Some(together) = scattered(&points, lines) else { break };
        if !steps.gather(&together) {
            break;
        }
        points.retain(|(at, _)| *at == 0 || *at == steps.len());
        search(&steps, &mut points);
    }
    // Where the sides are compatible, nothing has its reason in what is not so on the way.
    let on_the_way =
        |old: &Point, new: &Point| if differences.is_empty() { Vec::new() } else { incompatible(old, new) };
    let stretches = stretches(&steps, &points, lines, &on_the_way);
    for change in &mut changes {
        change.reasons = reasons_of(change, &stretches);
        change.seen = visible::in_the_end(change);
    }
    visible::pair_up(&mut changes);
    let abi = differences.into_iter().map(|difference| Incompatible {
        seen: visible::of_rule(difference.problem.id()),
        reasons: reasons_of_rule(&difference, &stretches),
        difference,
    });
    Diff { changes, abi: abi.collect(), reports, lines }
}

/// How often steps that need each other are put side by side.
const GATHERED: usize = 4;

/// Steps without a command line after all of them but the last, and with others between them of which so nothing is known.
fn scattered(points: &[(usize, Point)], lines: [bool; 2]) -> Option<Vec<usize>> {
    if lines != [true, true] {
        return None;
    }
    let mut steps: Vec<usize> = Vec::new();
    for pair in points.windows(2) {
        let [(low, before), (_, after)] = pair else { continue };
        if before != after {
            if before.facts.has_line {
                steps.clear();
            }
            steps.push(*low);
        }
        let span = steps.last().zip(steps.first()).map_or(0, |(last, first)| last.saturating_sub(*first));
        if after.facts.has_line && !before.facts.has_line && span >= steps.len() {
            return Some(steps);
        }
    }
    None
}

fn point(steps: &Steps<'_>, at: usize) -> (Point, Report) {
    let (run, release) = steps.run(at);
    let facts = Facts::of(&run);
    let domain = run.resolved.as_ref().map(|domain| virtargv_resolve::document(domain, release));
    (Point { facts, domain }, run.report)
}

/// Adds to `points`, the two ends, the points before and after each step that changes something, by halving what lies between two
/// points that differ.
fn search(steps: &Steps<'_>, points: &mut Vec<(usize, Point)>) {
    let mut at = 0;
    while let [(low, before), (high, after), ..] = points.get(at..).unwrap_or_default() {
        let is_single = high.saturating_sub(*low) <= 1;
        if is_single || before == after {
            at = at.saturating_add(1);
            continue;
        }
        let middle = low.midpoint(*high);
        let found = point(steps, middle).0;
        points.insert(at.saturating_add(1), (middle, found));
    }
}

/// The steps that change something. Where there is no command line between two that have one, all steps from the one to the other
/// are one stretch.
fn stretches(
    steps: &Steps<'_>,
    points: &[(usize, Point)],
    lines: [bool; 2],
    incompatible: &dyn Fn(&Point, &Point) -> Vec<abi::Difference>,
) -> Vec<Stretch> {
    let both = lines == [true, true];
    let mut all = Vec::new();
    let mut reasons = Vec::new();
    let mut start: Option<&Point> = None;
    for pair in points.windows(2) {
        let [(low, before), (_, after)] = pair else { continue };
        let start_here = *start.get_or_insert(before);
        if before != after {
            reasons.extend(steps.reason(*low));
        }
        if both && !after.facts.has_line {
            continue;
        }
        start = None;
        if !reasons.is_empty() {
            all.push(Stretch {
                reasons: std::mem::take(&mut reasons),
                changes: start_here.facts.changes(&after.facts),
                abi: incompatible(start_here, after),
            });
        }
    }
    all
}

/// The reasons for a change: the stretches that change the same property; else those that change the same argument, which may go and
/// come back on the way; else, for a change of the order, all that add or remove arguments.
fn reasons_of(change: &Change, stretches: &[Stretch]) -> Vec<Reason> {
    let exact = |other: &Change| {
        other.part == change.part && other.argument == change.argument && other.property == change.property
    };
    let same_argument = |other: &Change| other.argument == change.argument;
    let is_order =
        |other: &Change| change.part == Part::Order && matches!(other.part, Part::Order | Part::Argument);
    first_found(stretches, |stretch| &stretch.changes, &[&exact, &same_argument, &is_order])
}

fn reasons_of_rule(difference: &abi::Difference, stretches: &[Stretch]) -> Vec<Reason> {
    let exact = |other: &abi::Difference| {
        other.problem.id() == difference.problem.id() && other.what == difference.what
    };
    let rule = |other: &abi::Difference| other.problem.id() == difference.problem.id();
    first_found(stretches, |stretch| &stretch.abi, &[&exact, &rule, &|_| true])
}

/// The reasons of the stretches in which something passes the first of `tests` that anything passes.
fn first_found<T>(
    stretches: &[Stretch],
    of: fn(&Stretch) -> &[T],
    tests: &[&dyn Fn(&T) -> bool],
) -> Vec<Reason> {
    let found = |test: &&dyn Fn(&T) -> bool| -> Vec<Reason> {
        let those = stretches.iter().filter(|stretch| of(stretch).iter().any(test));
        those.flat_map(|stretch| stretch.reasons.iter().copied()).collect()
    };
    tests.iter().map(found).find(|reasons| !reasons.is_empty()).unwrap_or_default()
}
