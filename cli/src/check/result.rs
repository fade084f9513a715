//! What is said of a document, and the sums over all of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use serde_json::{Value, json};
use virtargv::model::advice::Replacement;
use virtargv::render::escaped;
use virtargv::{Place, Problem, Report, Rule, Severity, Source};

/// A document and what came of it.
pub(crate) struct Document<'a> {
    /// The name of its file.
    pub(crate) name: &'a str,
    pub(crate) outcome: Outcome<'a>,
}

/// What came of a document.
pub(crate) enum Outcome<'a> {
    /// It was checked.
    Checked(Checked<'a>),
    /// It cannot be read or checked, and why.
    Unchecked(&'a str),
    /// It is no domain document: what it is.
    Skipped(&'a str),
}

/// A document that was checked.
pub(crate) struct Checked<'a> {
    /// Its text; `None` where there is no problem in it.
    pub(crate) source: Option<&'a Source<'a>>,
    pub(crate) report: &'a Report,
}

impl<'a> Checked<'a> {
    /// The problems, by their place in the document.
    pub(crate) fn findings(&self) -> Vec<Finding<'a>> {
        let Some(source) = self.source else { return Vec::new() };
        source.by_place(self.report).into_iter().map(|(_, problem)| Finding::of(problem, source)).collect()
    }
}

/// A problem with its places in the text.
pub(crate) struct Finding<'a> {
    pub(crate) problem: &'a Problem,
    /// `None` for an element that is not in the text, because it was implied.
    pub(crate) region: Option<Region>,
    /// Further places, and what is there.
    pub(crate) labels: Vec<(Option<Region>, &'a str)>,
    /// The edits that mend it.
    pub(crate) edits: Vec<(Region, String)>,
}

impl<'a> Finding<'a> {
    fn of(problem: &'a Problem, source: &Source<'_>) -> Self {
        let labels = problem.labels().iter().map(|label| (Region::of(&label.place, source), &*label.text));
        let edits = source.replacements(problem.edits()).unwrap_or_default().into_iter();
        Self {
            problem,
            region: Region::of(&problem.place, source),
            labels: labels.collect(),
            edits: edits.map(|Replacement { range, text }| (Region::at(range, source), text)).collect(),
        }
    }

    /// What to do, as a line to put after the message; empty where that is not known.
    pub(crate) fn help_line(&self) -> String {
        match self.problem.help() {
            "" => String::new(),
            help => format!("\nhelp: {help}"),
        }
    }
}

/// A part of a document: bytes, and lines and columns, which count from 1. The end is after the last character; columns
/// count characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) bytes: Range<usize>,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) end_line: usize,
    pub(crate) end_column: usize,
}

impl Region {
    fn of(place: &Place, source: &Source<'_>) -> Option<Self> {
        source.locate(place).map(|frame| Self::at(frame.range, source))
    }

    fn at(bytes: Range<usize>, source: &Source<'_>) -> Self {
        let position = |at: usize| source.locate(&Place::byte(at)).map_or((1, 1), |f| (f.line, f.column));
        let ((line, column), (end_line, end_column)) = (position(bytes.start), position(bytes.end));
        Self { bytes, line, column, end_line, end_column }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "start": self.bytes.start, "end": self.bytes.end,
            "line": self.line, "column": self.column, "end_line": self.end_line, "end_column": self.end_column,
        })
    }
}

/// What is counted of a document, without the document.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    state: State,
    problems: [usize; 3],
    rules: Vec<&'static Rule>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Accepted,
    Refused,
    Unchecked {
        name: String,
        why: String,
    },
    Skipped {
        name: String,
        what: String,
    },
}

impl Counts {
    pub(crate) fn of(document: &Document<'_>) -> Self {
        let name = || document.name.to_owned();
        let report = match document.outcome {
            Outcome::Checked(Checked { report, .. }) => report,
            Outcome::Unchecked(why) => {
                let state = State::Unchecked { name: name(), why: why.to_owned() };
                return Self { state, ..Self::default() };
            }
            Outcome::Skipped(what) => {
                let state = State::Skipped { name: name(), what: what.to_owned() };
                return Self { state, ..Self::default() };
            }
        };
        let state = if report.refuses() { State::Refused } else { State::Accepted };
        let count = |severity| report.iter().filter(|problem| problem.severity == severity).count();
        let problems = [Severity::Error, Severity::Warning, Severity::Note].map(count);
        Self { state, problems, rules: report.iter().map(|problem| problem.rule).collect() }
    }
}

/// The sums over all documents.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    /// The documents that were checked.
    pub(crate) documents: usize,
    pub(crate) refused: usize,
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) notes: usize,
    /// What cannot be read or checked: its name, and why.
    pub(crate) unchecked: Vec<(String, String)>,
    pub(crate) skipped: usize,
    /// What the skipped files are, how many, and the first.
    kinds: BTreeMap<String, (usize, String)>,
    /// The rules that are broken, by id.
    pub(crate) rules: BTreeMap<&'static str, &'static Rule>,
}

/// How many kinds of skipped files are told apart; the names of elements are those of files that can be anything.
const KINDS: usize = 20;

impl Totals {
    pub(crate) fn add(&mut self, counts: Counts) {
        let [errors, warnings, notes] = counts.problems;
        self.errors += errors;
        self.warnings += warnings;
        self.notes += notes;
        self.rules.extend(counts.rules.iter().map(|rule| (rule.id, *rule)));
        match counts.state {
            State::Accepted => self.documents += 1,
            State::Refused => {
                self.documents += 1;
                self.refused += 1;
            }
            State::Unchecked { name, why } => self.unchecked.push((name, why)),
            State::Skipped { name, what } => {
                self.skipped += 1;
                let known = self.kinds.len() < KINDS || self.kinds.contains_key(&what);
                let kind = if known { what } else { "something else".to_owned() };
                self.kinds.entry(kind).or_insert((0, name)).0 += 1;
            }
        }
    }

    /// What was done, in a line, and a line for each kind of files that were skipped.
    pub(crate) fn summary(&self) -> String {
        let mut parts = vec![number(self.documents, "document")];
        parts.push(match self.refused {
            0 if self.documents > 0 => "none refused".to_owned(),
            refused => format!("{refused} refused"),
        });
        let more = [(self.warnings, "warning"), (self.notes, "note")];
        parts.extend(more.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| number(n, what)));
        if !self.unchecked.is_empty() {
            parts.push(format!("{} not checked", self.unchecked.len()));
        }
        let mut out = parts.join(", ") + "\n";
        for (what, (count, first)) in &self.kinds {
            let first = escaped(first);
            let others = if *count > 1 { format!(" and {} more", count - 1) } else { String::new() };
            let _ = writeln!(out, "skipped {first}{others}: {}", escaped(what));
        }
        out
    }
}

/// A number of things.
fn number(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_says_what_was_done() {
        let skipped =
            |name: &str, what: &str| State::Skipped { name: name.to_owned(), what: what.to_owned() };
        let unchecked = || State::Unchecked { name: "x".to_owned(), why: "y".to_owned() };
        let check = |states: Vec<(State, [usize; 3])>, expected: &str| {
            let mut totals = Totals::default();
            for (state, problems) in states {
                totals.add(Counts { state, problems, rules: Vec::new() });
            }
            assert_eq!(totals.summary(), expected);
        };
        check(vec![], "0 documents, 0 refused\n");
        check(vec![(State::Accepted, [0, 0, 1])], "1 document, none refused, 1 note\n");
        check(
            vec![(State::Refused, [2, 3, 0]), (State::Accepted, [0; 3]), (unchecked(), [0; 3])],
            "2 documents, 1 refused, 3 warnings, 1 not checked\n",
        );
        check(
            vec![(skipped("a\n", "<b>"), [0; 3]), (skipped("c", "<b>"), [0; 3])],
            "0 documents, 0 refused\nskipped a\\n and 1 more: <b>\n",
        );
    }
}
