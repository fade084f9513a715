//! `virtargv explain`: shows what rules require, why, what to do, and an example.

use std::fmt::Write as _;

use virtargv::examples::{self, Example};
use virtargv::{Class, Rule, Span, Stage};

use virtargv::model::advice::{did_you_mean, nearest};
use virtargv::model::one_line;

use crate::args::ExplainArgs;
use crate::{Done, FINE, Unusable};

pub(crate) fn run(args: &ExplainArgs) -> Done {
    if args.lints {
        for lint in virtargv::lint::all() {
            let level = if virtargv::lint::is_advice(lint) { "advice (off)" } else { "on" };
            anstream::println!("{:<26} {level:<14} {}", lint.id, lint.summary);
        }
        return Ok(FINE);
    }
    if args.rules.is_empty() {
        for rule in all() {
            anstream::println!("{:<44} {}", rule.id, rule.summary);
        }
        return Ok(FINE);
    }
    let mut told = Vec::new();
    for id in &args.rules {
        let rule = all().find(|rule| rule.id == id).ok_or_else(|| {
            let found = did_you_mean(nearest(id, all().map(|rule| rule.id)));
            let help = if found.is_empty() { "`virtargv explain` lists the rules".to_owned() } else { found };
            Unusable(format!("there is no rule `{id}`; {help}"))
        })?;
        told.push(tell(rule));
    }
    anstream::print!("{}", told.join("\n"));
    Ok(FINE)
}

/// The rules on domains, and those on other things.
fn all() -> impl Iterator<Item = &'static Rule> {
    virtargv::rules().chain(virtargv::rule_sets().into_iter().flat_map(|set| set.rules))
}

/// A rule as text for people.
fn tell(rule: &Rule) -> String {
    let mut out = format!("{} ({})\n\n{}\n\n", rule.id, rule.severity.id(), rule.summary);
    let _ = writeln!(out, "Why: {}", rule.reason);
    let _ = writeln!(out, "Help: {}", rule.help);
    let class = rule.class.describe(Class::id);
    let _ = writeln!(out, "Class: {class}; stage: {}", rule.stage.describe(Stage::id));
    if rule.releases != Span::ALWAYS {
        let _ = writeln!(out, "Releases of libvirt: {}", rule.releases);
    }
    if let Some(example) = examples::of(rule.id) {
        out.push_str(&show(&example));
    }
    out
}

/// An example as text for people, with an empty line before it.
fn show(example: &Example) -> String {
    let broken = example.broken();
    if broken.is_empty() {
        return "\nA document that breaks it is too large to be shown.\n".to_owned();
    }
    let given = match (example.elsewhere, example.options) {
        (Some(elsewhere), _) => format!(" (with {})", elsewhere.words),
        (None, "") => String::new(),
        (None, options) => format!(" (with {options})"),
    };
    let mut out = format!("\nThis breaks it{given}:\n\n{}", indented(&broken));
    if let Some(kept) = example.kept() {
        let _ = write!(out, "\nThis does not:\n\n{}", indented(&kept));
    }
    out
}

/// A document of an example, which can have characters that are none for a terminal.
fn indented(document: &str) -> String {
    let line = |line| format!("    {}\n", one_line(line));
    document.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_told_with_what_they_need() {
        let check = |text: &'static str, expected: &str| {
            let told: String = examples::read(text).map(|example| show(&example)).collect();
            assert_eq!(told, expected);
        };
        check(
            "\n= a\n <x>\n-1\n+2\n </x>\n",
            "\nThis breaks it:\n\n    <x>\n    1\n    </x>\n\nThis does not:\n\n    <x>\n    2\n    </x>\n",
        );
        check("\n= a\n@ --release 7.0\n <x/>\n", "\nThis breaks it (with --release 7.0):\n\n    <x/>\n");
        check("\n= a\n* case.7.0 a busy host\n <x/>\n", "\nThis breaks it (with a busy host):\n\n    <x/>\n");
        check("\n= a\n", "\nA document that breaks it is too large to be shown.\n");
        check("\n= a\n <\u{1b}[2J>\n", "\nThis breaks it:\n\n    <\\u{1b}[2J>\n");
    }
}
