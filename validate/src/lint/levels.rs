//! Which lints are allowed, warned of or denied.

use virtargv_model::advice::{did_you_mean, nearest};
use virtargv_model::{Problem, Rule, Severity};

use super::{ADVICE, all};

/// What a lint that finds something does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Nothing.
    Allow,
    /// It warns.
    Warn,
    /// It refuses the document.
    Deny,
}

/// The levels of lints. Without any, what is surely a mistake is warned of, and advice is allowed.
#[derive(Debug, Clone, Default)]
pub struct Levels(Vec<(String, Level)>);

/// The error for an id that is of no lint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownLint {
    /// The id.
    pub id: String,
}

impl std::fmt::Display for UnknownLint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let known = all().map(|rule| rule.id).chain(GROUPS);
        write!(f, "there is no lint `{}`", self.id)?;
        match did_you_mean(nearest(&self.id, known)) {
            help if help.is_empty() => f.write_str(" ; `virtargv explain --lints` lists them"),
            help => write!(f, "; {help}"),
        }
    }
}

impl std::error::Error for UnknownLint {}

/// The names for several lints: all that are on, and those that are off by default.
const GROUPS: [&str; 2] = ["warnings", "advice"];

impl Levels {
    /// Sets the level of the lint `id`, or of a group: `warnings` are all lints that are not allowed, `advice` those that are off
    /// by default. What is set later counts.
    ///
    /// # Errors
    /// There is no lint of that id.
    pub fn set(&mut self, id: &str, level: Level) -> Result<(), UnknownLint> {
        if !GROUPS.contains(&id) && !all().any(|rule| rule.id == id) {
            return Err(UnknownLint { id: id.to_owned() });
        }
        self.0.push((id.to_owned(), level));
        Ok(())
    }

    /// The level of `rule`.
    pub fn of(&self, rule: &Rule) -> Level {
        let is_advice = ADVICE.iter().any(|advice| advice.id == rule.id);
        let mut found = if is_advice { Level::Allow } else { Level::Warn };
        for (id, level) in &self.0 {
            let is_meant = match id.as_str() {
                "warnings" => found != Level::Allow,
                "advice" => is_advice,
                id => id == rule.id,
            };
            if is_meant {
                found = *level;
            }
        }
        found
    }

    /// The problem at its level; `None` where it is allowed.
    pub fn apply(&self, mut problem: Problem) -> Option<Problem> {
        match self.of(problem.rule) {
            Level::Allow => return None,
            Level::Warn => {}
            // A note stays one: what it says is no mistake.
            Level::Deny if problem.severity == Severity::Note => {}
            Level::Deny => problem.severity = Severity::Error,
        }
        Some(problem)
    }
}

#[cfg(test)]
mod tests {
    use super::Level::{Allow, Deny, Warn};
    use super::*;
    use crate::lint::{machine, memory};

    #[test]
    fn what_is_set_later_counts() {
        let check = |set: &[(&str, Level)], on: Level, advice: Level| {
            let mut levels = Levels::default();
            for (id, level) in set {
                levels.set(id, *level).unwrap();
            }
            assert_eq!((levels.of(&memory::CURRENT), levels.of(&machine::ALIAS)), (on, advice), "{set:?}");
        };
        check(&[], Warn, Allow);
        check(&[("warnings", Deny)], Deny, Allow);
        check(&[("advice", Warn)], Warn, Warn);
        check(&[("advice", Warn), ("warnings", Deny)], Deny, Deny);
        check(&[("warnings", Deny), ("advice", Warn)], Deny, Warn);
        check(&[("warnings", Deny), ("memory-current-above", Allow)], Allow, Allow);
        check(&[("memory-current-above", Allow), ("warnings", Deny)], Allow, Allow);
        check(&[("machine-alias", Deny)], Warn, Deny);
    }

    #[test]
    fn an_unknown_lint_is_told_with_the_nearest() {
        let error = Levels::default().set("machine-alais", Level::Warn).unwrap_err();
        assert_eq!(error.to_string(), "there is no lint `machine-alais`; did you mean `machine-alias`?");
    }
}
