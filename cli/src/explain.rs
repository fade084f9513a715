//! `virtargv explain`: shows what rules require, why, and what to do.

use std::fmt::Write as _;

use virtargv::{ByRelease, Class, Rule, Span, Stage};

use crate::args::ExplainArgs;
use crate::{Done, FINE, Unusable};

pub(crate) fn run(args: &ExplainArgs) -> Done {
    if args.rules.is_empty() {
        for rule in virtargv::rules() {
            anstream::println!("{:<44} {}", rule.id, rule.summary);
        }
        return Ok(FINE);
    }
    let mut told = Vec::new();
    for id in &args.rules {
        let rule = virtargv::rules().find(|rule| rule.id == id).ok_or_else(|| {
            Unusable(format!("there is no rule '{id}' (list them with 'virtargv explain')"))
        })?;
        told.push(tell(rule));
    }
    anstream::print!("{}", told.join("\n"));
    Ok(FINE)
}

/// A rule as text for people.
fn tell(rule: &Rule) -> String {
    let mut out = format!("{} ({})\n\n{}\n\n", rule.id, rule.severity.id(), rule.summary);
    let _ = writeln!(out, "Why: {}", rule.reason);
    let _ = writeln!(out, "Help: {}", rule.help);
    let class = by_release(&rule.class, Class::id);
    let _ = writeln!(out, "Class: {class}; stage: {}", by_release(&rule.stage, Stage::id));
    if rule.releases != Span::ALWAYS {
        let _ = writeln!(out, "Releases of libvirt: {}", rule.releases);
    }
    out
}

/// A value, with the one of earlier releases.
fn by_release<T: Copy>(value: &ByRelease<T>, word: impl Fn(T) -> &'static str) -> String {
    let now = word(value.now());
    match value.earlier() {
        Some((span, earlier)) => format!("{now} ({} {span})", word(earlier)),
        None => now.to_owned(),
    }
}
