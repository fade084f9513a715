//! For each rule a document that breaks it and, where one is known, one that differs little and keeps it.
//!
//! The documents are in `examples.txt`, which `virtargv-testsuite` makes of its matrix and checks.
//!
//! ```
//! let example = virtargv::examples::of("net-teaming-persistent-model").expect("an example");
//! assert!(example.broken().contains("<teaming type='persistent'/>"));
//! assert!(example.kept().is_some_and(|document| document.contains("<model type='virtio'/>")));
//! ```

use std::fmt;

/// An example of a rule. Without `options` and `elsewhere`, `virtargv check` finds the problem as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// The id of the rule.
    pub rule: &'static str,
    /// The options with which `virtargv check` finds the problem; empty where it needs none.
    pub options: &'static str,
    /// The conditions under which the rule is broken, where no options describe them.
    pub elsewhere: Option<Elsewhere>,
    /// Lines that begin with a space (in both documents), `-` (in the broken one) or `+` (in the other).
    lines: &'static str,
}

/// A QEMU and a host that options cannot describe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elsewhere {
    /// The case of the test suite's matrix that has them, or another name known there.
    pub case: &'static str,
    /// What they are.
    pub words: &'static str,
}

impl Example {
    /// The document that breaks the rule; empty where it is too large to be shown.
    pub fn broken(&self) -> String {
        self.document('-')
    }

    /// A document that differs little and keeps the rule; `None` where none is known.
    pub fn kept(&self) -> Option<String> {
        let differs = self.lines.lines().any(|line| line.starts_with(['+', '-']));
        differs.then(|| self.document('+'))
    }

    /// The lines that are in both documents, and those that begin with `mark`.
    fn document(&self, mark: char) -> String {
        let lines = self.lines.lines();
        let mut text = String::new();
        for line in lines.filter_map(|line| line.strip_prefix(' ').or_else(|| line.strip_prefix(mark))) {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// The example as [`read`] reads it.
impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "= {}", self.rule)?;
        match &self.elsewhere {
            Some(Elsewhere { case, words }) => writeln!(f, "* {case} {words}")?,
            None if !self.options.is_empty() => writeln!(f, "@ {}", self.options)?,
            None => {}
        }
        self.lines.lines().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// The examples of all rules, by id.
pub fn all() -> impl Iterator<Item = Example> {
    read(include_str!("examples.txt"))
}

/// The example of the rule `id`; `None` where there is no such rule.
pub fn of(id: &str) -> Option<Example> {
    all().find(|example| example.rule == id)
}

/// Reads examples. Each begins with `= ID`, then comes `@ OPTIONS` or `* CASE WORDS` or neither, then its lines. Whatever is
/// before the first is a comment.
pub fn read(text: &'static str) -> impl Iterator<Item = Example> {
    text.split("\n= ").skip(1).map(|part| {
        let (rule, mut lines) = part.split_once('\n').unwrap_or((part, ""));
        let (mut options, mut elsewhere) = ("", None);
        if let Some(rest) = lines.strip_prefix("@ ") {
            (options, lines) = rest.split_once('\n').unwrap_or((rest, ""));
        } else if let Some(rest) = lines.strip_prefix("* ") {
            let (words, after) = rest.split_once('\n').unwrap_or((rest, ""));
            let (case, words) = words.split_once(' ').unwrap_or((words, ""));
            (elsewhere, lines) = (Some(Elsewhere { case, words }), after);
        }
        Example { rule, options, elsewhere, lines }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_read() {
        let text = "# a comment\n\n= one\n <a>\n-  <b/>\n+  <c/>\n </a>\n= two\n@ --release 7.0\n <x/>\n= three\n* case.7.0 a host\n";
        let all: Vec<Example> = read(text).collect();
        let check =
            |n: usize, rule: &str, options: &str, case: Option<&str>, broken: &str, kept: Option<&str>| {
                let example = all[n];
                assert_eq!((example.rule, example.options), (rule, options));
                assert_eq!(example.elsewhere.map(|elsewhere| elsewhere.case), case);
                assert_eq!((example.broken().as_str(), example.kept().as_deref()), (broken, kept));
            };
        check(0, "one", "", None, "<a>\n  <b/>\n</a>\n", Some("<a>\n  <c/>\n</a>\n"));
        check(1, "two", "--release 7.0", None, "<x/>\n", None);
        check(2, "three", "", Some("case.7.0"), "", None);
    }
}
