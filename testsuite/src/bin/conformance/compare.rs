//! Compares the results of cases with those that the corpus expects.

use virtargv_model::Class;

use crate::case::{Case, Expect};
use crate::corpus::Corpus;
use crate::diff;
use crate::native;
use crate::run::{Answer, Got};

/// The verdict on a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It agrees.
    Agrees,
    /// A command line was expected; the case was refused with this message.
    Refused(String),
    /// This number of lines of the command line differ.
    Lines(usize),
    /// A refusal was expected; the case was accepted.
    Accepted,
    /// It was refused at another stage, or with another class.
    Class(String),
    /// These quoted values of the expected message are missing.
    Quotes(Vec<String>),
    /// It panicked, or the case could not be set up.
    Crash(String),
}

impl Verdict {
    /// The verdict on one line.
    pub fn line(&self) -> String {
        match self {
            Self::Agrees => "ok".to_owned(),
            Self::Refused(message) => format!("error    {message}"),
            Self::Lines(count) => format!("args     {count} lines differ"),
            Self::Accepted => "accepted".to_owned(),
            Self::Class(text) => format!("class    {text}"),
            Self::Quotes(values) => format!("quotes   missing: '{}'", values.join("', '")),
            Self::Crash(text) => format!("crash    {text}"),
        }
    }
}

/// The result that the corpus expects of a case: the command line, or the message.
pub fn expected(corpus: &Corpus, case: &Case) -> String {
    let name = case.text("expected").unwrap_or("");
    let text = corpus.domain(name).unwrap_or_else(|e| e);
    // libvirt's tests replace the directory of their documents by this word.
    let domains = corpus.dir.join("domains");
    text.replace("ABS_SRCDIR/qemuxmlconfdata", &domains.to_string_lossy())
}

/// Whether the completed domain is the expected one; `None` where the corpus expects none.
pub fn xml_agrees(corpus: &Corpus, case: &Case, got: &Got) -> Option<bool> {
    let expected = corpus.domain(case.text("expected_xml")?).ok()?;
    let varies = |what: &str| case.texts("varies").any(|varies| varies == what);
    Some(got.xml.as_ref().is_some_and(|xml| {
        native::comparable_domain(xml, varies) == native::comparable_domain(&expected, varies)
    }))
}

/// Compares `got` with the result that the corpus expects.
pub fn verdict(corpus: &Corpus, case: &Case, got: &Got) -> Verdict {
    let expected = expected(corpus, case);
    match (&got.answer, case.expect) {
        (Answer::Crash(text), _) => Verdict::Crash(text.clone()),
        (Answer::Args(args), Expect::Argv) => {
            let (expected, args) = (comparable(corpus, case, &expected), comparable(corpus, case, args));
            if expected == args { Verdict::Agrees } else { Verdict::Lines(diff::differing(&expected, &args)) }
        }
        (Answer::Args(_), _) => Verdict::Accepted,
        (Answer::Error { class, message, .. }, Expect::Argv) => Verdict::Refused(shown(class, message)),
        (Answer::Error { stage, class, message }, expect) => {
            error_verdict(expect, &expected, *stage, class, message)
        }
    }
}

/// A command line without what differs between two answers of a daemon. In libvirt's tests that is where long lines are
/// wrapped: not every one with a line break of its own is.
pub fn comparable(corpus: &Corpus, case: &Case, args: &str) -> String {
    if corpus.daemon.is_none() {
        return args.replace(",\\\n", ",");
    }
    native::comparable(args, |what| case.texts("varies").any(|varies| varies == what))
}

/// A problem as libvirt prints it.
pub fn shown(class: &str, message: &str) -> String {
    if class.is_empty() { message.to_owned() } else { format!("{class}: {message}") }
}

fn error_verdict(expect: Expect, text: &str, stage: Expect, class: &str, message: &str) -> Verdict {
    let expected_class = class_of(text);
    if expected_class != class || expect != stage {
        let (want, got) = (shown(expected_class, expect.word()), shown(class, stage.word()));
        return Verdict::Class(format!("expected '{want}', got '{got}': {message}"));
    }
    let mut ours = quoted(message);
    ours.extend(in_backticks(message));
    let missing: Vec<String> =
        quoted(text).into_iter().filter(|value| !ours.contains(value)).map(str::to_owned).collect();
    if missing.is_empty() { Verdict::Agrees } else { Verdict::Quotes(missing) }
}

/// The class of an expected message, its prefix; empty if it has none.
fn class_of(text: &str) -> &'static str {
    let classes = Class::ALL.iter().map(|class| class.as_str()).filter(|class| !class.is_empty());
    let mut found =
        classes.filter(|class| text.strip_prefix(class).is_some_and(|rest| rest.starts_with(':')));
    found.next().unwrap_or("")
}

/// The values in single quotes. A quote inside a word (`can't`) does not begin a value.
fn quoted(text: &str) -> Vec<&str> {
    let mut values = Vec::new();
    let mut open: Option<usize> = None;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if c == '\'' {
            let after = text.get(at + 1..).and_then(|rest| rest.chars().next()).unwrap_or(' ');
            match open {
                Some(start) if !after.is_alphanumeric() => {
                    values.extend(text.get(start..at));
                    open = None;
                }
                None if !before.is_alphanumeric() => open = Some(at + 1),
                _ => {}
            }
        }
        before = c;
    }
    values
}

/// The values in backticks, an element or attribute as its name alone: `<source>` and `dev=` are `source` and `dev`. The
/// value of an attribute with its name (`dev='x'`) is in single quotes.
fn in_backticks(text: &str) -> impl Iterator<Item = &str> {
    let between = text.split('`').skip(1).step_by(2);
    between.map(|value| {
        let element = value.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        element.or(value.strip_suffix('=')).unwrap_or(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_quotes() {
        let check = |text, expected: &[&str]| assert_eq!(quoted(text), expected);
        check("no 'one' here, 'two words'", &["one", "two words"]);
        check("it can't be '1'", &["1"]);
        check("''", &[""]);
        check("'open", &[]);
    }

    #[test]
    fn values_in_backticks() {
        let check = |text, expected: &[&str]| assert_eq!(in_backticks(text).collect::<Vec<_>>(), expected);
        check("`<disk>` lacks `dev=`, not 'x' nor `it's`", &["disk", "dev", "it's"]);
        check("``", &[""]);
    }

    #[test]
    fn classes_by_prefix() {
        assert_eq!(class_of("XML error: x"), "XML error");
        assert_eq!(class_of("hugepages: x"), "");
    }
}
