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

/// A value, with those of earlier releases.
fn by_release<T: Copy>(value: &ByRelease<T>, word: impl Fn(T) -> &'static str) -> String {
    let now = word(value.now());
    let earlier: Vec<_> = value.earlier().map(|(span, value)| format!("{} {span}", word(value))).collect();
    if earlier.is_empty() { now.to_owned() } else { format!("{now} ({})", earlier.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_told_with_those_of_earlier_releases() {
        let check = |value: ByRelease<Class>, expected: &str| {
            assert_eq!(by_release(&value, Class::id), expected);
        };
        let xml = ByRelease::always(Class::Xml);
        check(xml, "xml");
        check(xml.before("9.0", Class::Unsupported), "xml (unsupported until 9.0)");
        check(
            xml.before("9.0", Class::Unsupported).before("7.3", Class::Internal),
            "xml (unsupported since 7.3, until 9.0; internal until 7.3)",
        );
    }
}
