//! The differences of many documents, by kind.

use std::collections::BTreeMap;

use super::{Change, Diff, Incompatible, Part, Reason, Seen};

/// A kind of difference: what differs in the same way for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind {
    /// Who sees it.
    pub seen: Seen,
    /// What it is a difference of; `None` for one that breaks a rule on what the guest may not see change.
    pub part: Option<Part>,
    /// The option, the variable, the command, or the rule.
    pub what: String,
    /// The property.
    pub property: String,
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
    /// The documents without a difference, those apart that both sides refuse.
    pub same: usize,
    /// The documents that both sides refuse, whose command lines are not compared.
    pub refused: Vec<String>,
    /// The documents of which the guest sees a change.
    pub seen: usize,
}

impl Fleet {
    /// Adds the differences of the document `name`.
    pub fn add(&mut self, name: &str, diff: &Diff) {
        self.documents = self.documents.saturating_add(1);
        if diff.lines == [false, false] {
            self.refused.push(name.to_owned());
        } else if diff.is_empty() {
            self.same = self.same.saturating_add(1);
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
                change.argument.split(' ').next().unwrap_or_default().to_owned()
            }
            _ => change.argument.clone(),
        };
        Self {
            seen: change.seen,
            part: Some(change.part),
            what,
            property: change.property.clone(),
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
            reasons: incompatible.reasons.clone(),
        }
    }
}
