//! What is told of a part of a document that was not read.

use std::collections::{HashMap, HashSet};

use super::list::{self, Known};
use super::questions::{name_around, name_of};
use super::{
    LATER_NAME, Left, MISPLACED_NAME, OTHER_DRIVER, Questions, UNKNOWN_ATTRIBUTE, UNKNOWN_ELEMENT,
    UNREAD_NAME, WRITTEN,
};
use crate::advice::{did_you_mean, list, nearest};
use crate::read::{El, QEMU_PREFIX, Question};
use crate::{Edit, Problem, Release, Report};

/// The most elements that are named as the place of a misplaced name.
const MOST_PLACES: usize = 3;

/// What is known of the element that has the part.
struct Around<'a> {
    el: El<'a>,
    /// The name of the element around it, and its own.
    key: String,
    known: Option<&'static [Known]>,
}

impl<'a> Around<'a> {
    fn of(el: El<'a>) -> Self {
        let key = format!("{}/{}", name_around(el), name_of(el));
        let known = list::all().get(key.as_str()).map(Vec::as_slice);
        Self { el, key, known }
    }

    /// What is known of `name` here; an attribute begins with `@`.
    fn known(&self, name: &str) -> Option<Known> {
        self.known?.iter().copied().find(|known| known.name == name)
    }
}

/// What is known when the parts are told.
pub(super) struct Told<'a> {
    release: Release,
    /// The byte offsets of the elements that have a problem.
    refused: HashSet<usize>,
    /// What each element was asked for, by its row.
    asked: HashMap<usize, Vec<&'a Question>>,
}

impl<'a> Told<'a> {
    pub(super) fn new(report: &Report, release: Release, questions: Option<&'a Questions>) -> Self {
        let refused = report.iter().filter_map(|problem| problem.place.element.offset()).collect();
        let mut asked: HashMap<usize, Vec<&Question>> = HashMap::new();
        for (row, question) in questions.iter().flat_map(|questions| &questions.asked) {
            asked.entry(*row).or_default().push(question);
        }
        Self { release, refused, asked }
    }

    /// The problem of a part that was not read, where it is one: nothing follows from what could not be read for another
    /// reason.
    pub(super) fn problem(&self, left: &Left<'_>) -> Option<Problem> {
        problem(left, self)
    }

    /// The attributes or children that the readers asked `el` for, as a list.
    fn asked(&self, el: El<'_>, attributes: bool) -> String {
        let mut names: Vec<&str> = Vec::new();
        for question in self.asked.get(&(el.row() as usize)).into_iter().flatten() {
            let name = match question {
                Question::Attribute(name) if attributes => name,
                Question::Child(name) if !attributes => name,
                _ => continue,
            };
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        list(names)
    }
}

fn problem(left: &Left<'_>, told: &Told<'_>) -> Option<Problem> {
    let release = told.release;
    let around = Around::of(if left.attribute.is_some() { left.el } else { left.el.parent()? });
    let (name, what) = match &left.attribute {
        Some((name, _)) => (format!("@{name}"), format!("attribute `{name}` of `<{}>`", name_of(around.el))),
        None => (name_of(left.el), format!("element `<{}>`", name_of(left.el))),
    };
    if let Some(known) = around.known(&name) {
        if known.is_in(release) {
            return not_read_here(left, &around, &what, told);
        }
        let message =
            format!("{what} is ignored: it {}; the release followed is {release}", known.releases());
        return Some(LATER_NAME.problem(release, left.place(), message));
    }
    if let Some(driver) = super::driver_of(&around.key, &name) {
        let message = format!("{what} has no effect on a QEMU guest: it is for {driver}");
        return Some(OTHER_DRIVER.problem(release, left.place(), message));
    }
    if WRITTEN.iter().any(|(key, names)| *key == around.key && names.contains(&name.as_str())) {
        return None;
    }
    // What is in an element that is refused is not known.
    around.known?;
    if list::in_any(&name_of(around.el), &name, release) {
        return not_read_here(left, &around, &what, told);
    }
    let unknown = unknown(left, &around, &name, &what, release);
    // A letter too few or too many is likelier than the wrong place.
    let is_sure = !unknown.edits().is_empty();
    let misplaced = if is_sure { None } else { misplaced(left, &around, &name, &what, release) };
    Some(misplaced.unwrap_or(unknown))
}

/// A name that another branch of the reader asks for.
fn not_read_here(left: &Left<'_>, around: &Around<'_>, what: &str, told: &Told<'_>) -> Option<Problem> {
    let release = told.release;
    let mut parts = std::iter::successors(Some(around.el), |el| el.parent()).filter(|el| !el.is_domain());
    if parts.any(|el| el.pos().offset().is_some_and(|offset| told.refused.contains(&offset))) {
        return None;
    }
    let twin = left
        .attribute
        .is_none()
        .then(|| around.el.elements().find(|el| el.name() == left.el.name() && el.row() < left.el.row()));
    if let Some(first) = twin.flatten() {
        let message = format!("{what} is ignored: of several, the first is read");
        let problem = UNREAD_NAME.problem(release, left.place(), message);
        let problem = problem.with_help(format!("remove one of the `<{}>`", name_of(left.el)));
        return Some(problem.with_label(first.pos(), "this one is read"));
    }
    let message = format!("{what} is ignored here");
    let problem = UNREAD_NAME.problem(release, left.place(), message);
    let read = told.asked(around.el, left.attribute.is_some());
    if read.is_empty() {
        return Some(problem);
    }
    let kind = if left.attribute.is_some() { "the attributes" } else { "the children" };
    Some(problem.with_help(format!("remove it; {kind} of this `<{}>` are {read}", name_of(around.el))))
}

/// A name that is known elsewhere: as a child instead of an attribute or the other way round, or in an element near by.
fn misplaced(
    left: &Left<'_>,
    around: &Around<'_>,
    name: &str,
    what: &str,
    release: Release,
) -> Option<Problem> {
    let here = name_of(around.el);
    let (turned, turned_what) = match name.strip_prefix('@') {
        Some(plain) => (plain.to_owned(), format!("`<{plain}>` is a child element of `<{here}>`")),
        None => (format!("@{name}"), format!("`{name}=` is an attribute of `<{here}>`")),
    };
    if around.known(&turned).is_some() {
        let problem =
            MISPLACED_NAME.problem(release, left.place(), format!("{what} is ignored: {turned_what}"));
        return Some(problem);
    }
    if name == "commandline" && around.key == "/domain" {
        let message = format!("{what} is ignored: it belongs in the namespace of `{QEMU_PREFIX}`");
        let help = format!(
            "write `<{QEMU_PREFIX}commandline>` and `<{QEMU_PREFIX}arg>`, and declare `xmlns:qemu='{}'` on `<domain>`",
            crate::qemu_ns::NAMESPACE
        );
        return Some(super::QEMU_NAMESPACE.problem(release, left.place(), message).with_help(help));
    }
    let places = places(around, name, release);
    if places.is_empty() || places.len() > MOST_PLACES {
        return None;
    }
    let shown: Vec<_> = places.iter().map(|place| format!("`<{place}>`")).collect();
    let named = name.strip_prefix('@').map_or_else(|| format!("`<{name}>`"), |name| format!("`{name}=`"));
    let message = format!("{what} is ignored: {named} belongs in {}", shown.join(" or "));
    let problem = MISPLACED_NAME.problem(release, left.place(), message);
    Some(problem.with_help(format!("move it into {}", shown.join(" or "))))
}

/// The elements that have something called `name`: those nearest to the element `around`.
fn places(around: &Around<'_>, name: &str, release: Release) -> Vec<&'static str> {
    let here = name_of(around.el);
    let outer = name_around(around.el);
    let mut all: Vec<(&'static str, &'static str)> = list::all()
        .iter()
        .filter(|(_, names)| names.iter().any(|known| known.name == name && known.is_in(release)))
        .filter_map(|(key, _)| key.split_once('/'))
        .collect();
    all.sort_unstable();
    let only = |is_near: &dyn Fn(&(&str, &str)) -> bool| {
        let mut near: Vec<_> =
            all.iter().filter(|place| is_near(place)).map(|(_, element)| *element).collect();
        near.dedup();
        near
    };
    // In a child of the element; in the element around it, or one beside it; anywhere, where it is an element.
    let inside = only(&|(parent, _)| *parent == here);
    if !inside.is_empty() {
        return inside;
    }
    let beside = only(&|(parent, element)| *element == outer || !outer.is_empty() && *parent == outer);
    if !beside.is_empty() && beside.len() < MOST_PLACES {
        return beside;
    }
    let anywhere = if name.starts_with('@') { Vec::new() } else { only(&|_| true) };
    if anywhere.len() == 1 { anywhere } else { Vec::new() }
}

/// A name that is not known: the nearest known one is suggested.
fn unknown(left: &Left<'_>, around: &Around<'_>, name: &str, what: &str, release: Release) -> Problem {
    let plain = name.strip_prefix('@');
    let rule = if plain.is_some() { &UNKNOWN_ATTRIBUTE } else { &UNKNOWN_ELEMENT };
    let known = around.known.unwrap_or_default().iter().filter(|known| known.is_in(release));
    let candidates = known.map(|known| known.name).filter_map(|known| match plain {
        // An attribute that is there already is not meant.
        Some(_) => known.strip_prefix('@').filter(|known| around.el.attribute(known).is_none()),
        None => Some(known).filter(|known| !known.starts_with('@')),
    });
    let word = plain.unwrap_or(name);
    let found = nearest(word, candidates);
    let problem = rule.problem(release, left.place(), format!("unknown {what} is ignored"));
    match found {
        Some(found) => {
            let meant = did_you_mean(Some(found));
            let shown =
                |word: &str| if plain.is_some() { format!("`{word}=`") } else { format!("`<{word}>`") };
            let meant = [Some(found.word), found.other]
                .into_iter()
                .flatten()
                .fold(meant, |text, word| text.replace(&format!("`{word}`"), &shown(word)));
            let problem = problem.with_help(meant);
            if found.is_sure { problem.with_edit(Edit::name(left.place(), found.word)) } else { problem }
        }
        None => problem,
    }
}
