//! The differences of many documents, by kind.

use std::collections::BTreeMap;

use virtargv_model::Report;

use super::{Change, Diff, Incompatible, On, Part, Reason, Seen};

/// A kind of difference: what differs in the same way for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind {
    /// Who sees it.
    pub seen: Seen,
    /// What it is a difference of; `None` for one that breaks a rule on what the guest may not see change.
    pub part: Option<Part>,
    /// The option with [`Change::makes`], the variable, the command, or the rule.
    pub what: String,
    /// The property.
    pub property: String,
    /// Which side has it.
    pub on: On,
    /// What makes the difference.
    pub reasons: Vec<Reason>,
}

/// The differences of many documents.
#[derive(Debug, Clone, Default)]
pub struct Fleet {
    /// The kinds, each with the documents that have it, in the order in which they were added.
    pub kinds: BTreeMap<Kind, Vec<String>>,
    /// The number of documents.
    pub documents: usize,
    /// The documents that have a command line on both sides and differ in nothing.
    pub same: usize,
    /// The documents that both sides refuse.
    pub refused: Vec<String>,
    /// The documents that the first side alone refuses.
    pub refused_before: Vec<String>,
    /// The documents that the second side alone refuses.
    pub refused_after: Vec<String>,
    /// The documents that are not refused, but have no command line on a side because something is not known of its host.
    pub unknown: Vec<String>,
    /// The number of documents without a command line on either side.
    pub without_line: usize,
    /// The documents of which the guest sees a change.
    pub seen: usize,
}

impl Fleet {
    /// Adds the differences of the document `name`.
    pub fn add(&mut self, name: &str, diff: &Diff) {
        self.documents = self.documents.saturating_add(1);
        let list = match diff.reports.each_ref().map(Report::refuses) {
            [true, true] => Some(&mut self.refused),
            [true, false] => Some(&mut self.refused_before),
            [false, true] => Some(&mut self.refused_after),
            [false, false] if diff.lines != [true, true] => Some(&mut self.unknown),
            [false, false] => None,
        };
        match list {
            Some(list) => list.push(name.to_owned()),
            None if diff.is_empty() => self.same = self.same.saturating_add(1),
            None => {}
        }
        if diff.lines == [false, false] {
            self.without_line = self.without_line.saturating_add(1);
        }
        if diff.is_seen() {
            self.seen = self.seen.saturating_add(1);
        }
        let kinds = diff.changes.iter().map(Kind::of).chain(diff.abi.iter().map(Kind::of_rule));
        for kind in kinds {
            let names = self.kinds.entry(kind).or_default();
            if names.last().is_none_or(|last| last != name) {
                names.push(name.to_owned());
            }
        }
    }

    /// The kinds with their documents, those that the guest sees first, and those of most documents first.
    pub fn sorted(&self) -> Vec<(&Kind, &[String])> {
        let mut all: Vec<(&Kind, &[String])> =
            self.kinds.iter().map(|(kind, names)| (kind, names.as_slice())).collect();
        all.sort_by_key(|(kind, names)| (kind.seen, std::cmp::Reverse(names.len())));
        all
    }
}

impl Kind {
    /// The kind of a change.
    pub fn of(change: &Change) -> Self {
        let what = match change.part {
            Part::Argument | Part::Property | Part::Form => {
                let option = change.argument.split(' ').next().unwrap_or_default();
                // That all devices are written in another form is one kind.
                let makes = if change.part == Part::Form { "" } else { change.makes.as_str() };
                format!("{option} {makes}").trim_end().to_owned()
            }
            _ => change.argument.clone(),
        };
        Self {
            seen: change.seen,
            part: Some(change.part),
            what,
            property: change.property.clone(),
            on: change.on(),
            reasons: change.reasons.clone(),
        }
    }

    /// The kind of a difference that breaks a rule.
    pub fn of_rule(incompatible: &Incompatible) -> Self {
        Self {
            seen: incompatible.seen,
            part: None,
            what: incompatible.difference.problem.id().to_owned(),
            property: incompatible.difference.what.clone(),
            on: On::Both,
            reasons: incompatible.reasons.clone(),
        }
    }
}
