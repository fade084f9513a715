//! Finds the steps that change something, and says of each difference which steps make it.

use virtargv_model::{Domain, Release, Report, Stage};
use virtargv_validate::abi;

use super::facts::Facts;
use super::steps::Steps;
use super::{Change, Diff, Extent, Incompatible, Part, Reason, Seen, Side, visible};

/// What comes of the run at a point.
#[derive(PartialEq)]
struct Point {
    facts: Facts,
    /// The completed domain, as its document has it.
    domain: Option<Domain>,
}

/// Successive steps that are looked at as one, and what they change.
struct Stretch {
    reasons: Vec<Reason>,
    changes: Vec<Change>,
    abi: Vec<abi::Difference>,
}

pub(super) fn diff(before: &Side<'_>, after: &Side<'_>) -> Diff {
    // The steps go to the newer release: the other way round, more points would be refused.
    let is_back = before.request.release() > after.request.release();
    let mut steps = if is_back { Steps::new(after, before) } else { Steps::new(before, after) };
    let ((first, first_report), (last, last_report)) = (point(&steps, 0), point(&steps, steps.len()));
    let reports = in_order(is_back, [first_report, last_report]);
    let [old, new] = in_order(is_back, [&first, &last]);
    let lines = [old.facts.has_line, new.facts.has_line];
    let mut changes = old.facts.differences(&new.facts);
    let release = after.request.release();
    let extent = extent(old, new);
    let differences = if extent == Extent::Problems { Vec::new() } else { incompatible(old, new, release) };
    if changes.is_empty() && differences.is_empty() {
        return Diff { reports, lines, extent, ..Diff::default() };
    }
    let mut points = vec![(0, first), (steps.len(), last)];
    search(&steps, &mut points);
    for _ in 0..GATHERED {
        let scattered = if extent == Extent::Lines { scattered(&points) } else { Vec::new() };
        let Some(moved) = scattered.iter().find_map(|together| steps.gather(together)) else { break };
        points.retain(|(at, _)| !moved.contains(at));
        search(&steps, &mut points);
    }
    // Where the sides are compatible, what differs on the way is no reason for anything.
    let on_the_way = |old: &Point, new: &Point| {
        if differences.is_empty() { Vec::new() } else { incompatible(old, new, release) }
    };
    let mut stretches = stretches(&steps, &points, extent, &on_the_way);
    if is_back {
        stretches.iter_mut().for_each(Stretch::turn_round);
    }
    for change in &mut changes {
        change.reasons = reasons_of(change, &stretches);
        change.seen = visible::with_reasons(change);
    }
    let abi = differences.into_iter().map(|difference| Incompatible {
        seen: visible::of_rule(difference.problem.id()),
        reasons: reasons_of_rule(&difference, &stretches),
        difference,
    });
    Diff { changes, abi: abi.collect(), reports, lines, extent }
}

impl Stretch {
    /// Makes it one from its end to its start.
    fn turn_round(&mut self) {
        for reason in &mut self.reasons {
            if let Reason::Flag { is_set, .. } = reason {
                *is_set = !*is_set;
            }
        }
    }
}

/// The values of the first and the second side, given those of the first and the last point.
fn in_order<T>(is_back: bool, [first, last]: [T; 2]) -> [T; 2] {
    if is_back { [last, first] } else { [first, last] }
}

/// How much of two sides is compared. What differs from a document that is refused can follow from its mistake.
fn extent(old: &Point, new: &Point) -> Extent {
    let is_valid = |point: &Point| point.facts.refused().is_none_or(|stage| stage > Stage::Validate);
    if old.facts.has_line && new.facts.has_line {
        Extent::Lines
    } else if is_valid(old) && is_valid(new) {
        Extent::Domains
    } else {
        Extent::Problems
    }
}

/// The differences between the completed domains of two points that libvirt refuses.
fn incompatible(old: &Point, new: &Point, release: Release) -> Vec<abi::Difference> {
    match (&old.domain, &new.domain) {
        (Some(old), Some(new)) => abi::compare(old, new, release),
        _ => Vec::new(),
    }
}

/// The most rounds in which steps that make a difference only together are put next to each other.
const GATHERED: usize = 4;

/// The steps that make a difference only together and have others between them: there is a command line before the first and after
/// the last of them, and none between, so that what the others change is not known.
fn scattered(points: &[(usize, Point)]) -> Vec<Vec<usize>> {
    let (mut all, mut together) = (Vec::new(), Vec::new());
    for pair in points.windows(2) {
        let [(low, before), (_, after)] = pair else { continue };
        if before == after {
            continue;
        }
        if before.facts.has_line {
            together.clear();
        }
        together.push(*low);
        let has_others =
            together.windows(2).any(|pair| matches!(pair, [one, next] if next.abs_diff(*one) > 1));
        if after.facts.has_line && has_others {
            all.push(std::mem::take(&mut together));
        }
    }
    all
}

fn point(steps: &Steps<'_>, at: usize) -> (Point, Report) {
    let (run, release) = steps.run(at);
    let facts = Facts::of(&run);
    let domain = run.resolved.as_ref().map(|domain| virtargv_resolve::document(domain, release));
    (Point { facts, domain }, run.report)
}

/// Adds to `points`, which has both ends, the points before and after each step that changes something, by halving what is between two points that
/// differ.
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

/// The steps that change something. Where both sides have a command line, all steps from a point with one to the next point with one
/// are one stretch.
fn stretches(
    steps: &Steps<'_>,
    points: &[(usize, Point)],
    extent: Extent,
    incompatible: &dyn Fn(&Point, &Point) -> Vec<abi::Difference>,
) -> Vec<Stretch> {
    let both = extent == Extent::Lines;
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

/// The reasons for a change: the stretches that change the same property, or the same setting by another option; else those that
/// change the same argument, which may be removed and added again on the way; else, for a change of the order, all that add or remove
/// arguments. For a whole argument, the stretches count too that change what the guest sees of it.
fn reasons_of(change: &Change, stretches: &[Stretch]) -> Vec<Reason> {
    let is_guest = |other: &Change| change.seen == Seen::Guest && other.seen == Seen::Guest;
    let same_argument = |other: &Change| other.argument == change.argument;
    let exact = |other: &Change| {
        let is_whole = change.part == Part::Argument && other.part == Part::Property && is_guest(other);
        same_argument(other) && (other.part == change.part && other.property == change.property || is_whole)
            || is_guest(other) && visible::is_same_setting(change, other)
    };
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

/// The reasons of all stretches in which something passes the first of `tests` that is passed in any of them.
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
