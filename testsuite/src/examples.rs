//! Makes and checks the examples of rules that `virtargv explain` shows: see [`virtargv::examples`].
//!
//! Of the documents of the matrix that break a rule, one is cut down while it breaks it ([`reduce`]), under conditions as
//! usual as possible ([`conditions`]); then the least change is looked for with which it keeps the rule ([`repair`]).

pub mod conditions;
pub mod reduce;
pub mod repair;
pub mod tree;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use virtargv::Release;
use virtargv::examples::Example;

use crate::definitions::DEFINITIONS;
use crate::generated::GENERATED;
use crate::matrix::{Case, Expect, cases};
use conditions::Conditions;
use repair::Vocabulary;
use tree::Node;

/// The documents of the matrix, by name.
pub type Documents = BTreeMap<&'static str, String>;

/// The lint that no document can break under a built-in set: none of them has a deprecated CPU model.
const NO_SET: &str = "cpu-model-deprecated";

/// Documents that only `virtargv::check` says something of, each in a file that is called after the rule.
macro_rules! advice {
    ($($rule:literal),* $(,)?) => {
        &[$(($rule, include_str!(concat!("../advice/", $rule, ".xml")))),*]
    };
}

/// The rules that `virtargv::check` has beside those of `virtargv::run`, with a document that breaks each.
const ADVICE: &[(&str, &str)] = advice![
    "channel-unnamed",
    "disk-alias-same",
    "disk-chain-unknown",
    "ignored-value",
    "machine-alias",
    "machine-deprecated",
    "memory-current-above",
    "memory-numa-cells",
    "misplaced-name",
    "name-not-read-here",
    "name-of-another-driver",
    "name-of-another-release",
    "net-teaming-mac",
    "net-teaming-managed",
    "net-teaming-partner",
    "nic-model-unknown",
    "password-in-document",
    "qemu-argument-twice",
    "qemu-namespace",
    "text-not-read",
    "unknown-attribute",
    "unknown-element",
    "vhost-user-memory",
];

/// The largest document that is cut down, in bytes. A rule on numbers can need thousands of elements, which show nothing.
const LARGEST: usize = 12_000;

/// What is wrong with an example; `None` if it shows what it is to show.
pub fn fault(example: &Example, documents: &Documents) -> Option<String> {
    let broken = example.broken();
    if broken.is_empty() {
        let generated =
            GENERATED.iter().any(|generated| generated.rule == example.rule) || example.rule == NO_SET;
        let case = example.elsewhere.map(|elsewhere| elsewhere.case);
        let text =
            cases().find(|known| case == Some(known.id().as_str())).and_then(|case| documents.get(case.name));
        let is_large = generated || text.is_some_and(|text| text.len() > LARGEST);
        return (!is_large).then(|| "no document".to_owned());
    }
    let judge = match Conditions::of_example(example).and_then(|conditions| conditions.judge()) {
        Ok(judge) => judge,
        Err(why) => return Some(why),
    };
    let breaks =
        |text: &str| judge.problems(text).is_some_and(|all| all.iter().any(|found| found.id == example.rule));
    if !breaks(&broken) {
        return Some("the document does not break it".to_owned());
    }
    example.kept().filter(|kept| breaks(kept)).map(|_| "the changed document breaks it too".to_owned())
}

/// Makes examples.
#[derive(Debug)]
pub struct Maker {
    documents: Documents,
    words: Vocabulary,
    /// The cases that break each rule.
    broken_by: BTreeMap<String, Vec<&'static Case>>,
}

/// The number of cases of a rule that are looked at.
const LOOKED_AT: usize = 8;

impl Maker {
    /// Learns from the documents of the matrix and its golden files, which `golden` reads.
    pub fn new(documents: Documents, golden: impl Fn(&Case) -> String) -> Self {
        let (mut words, mut broken_by) = (Vocabulary::default(), BTreeMap::<_, Vec<_>>::new());
        for case in cases() {
            if case.expect == Expect::Argv {
                if let Some(tree) = documents.get(case.name).and_then(|text| Node::parse(text)) {
                    words.learn(&tree);
                }
                continue;
            }
            let golden = golden(case);
            let ids = golden.lines().filter_map(|line| Some(line.strip_suffix(']')?.rsplit_once('[')?.1));
            for id in ids.collect::<std::collections::BTreeSet<_>>() {
                broken_by.entry(id.to_owned()).or_default().push(case);
            }
        }
        Self { documents, words, broken_by }
    }

    /// The documents of the matrix.
    pub fn documents(&self) -> &Documents {
        &self.documents
    }

    /// The entry of a rule in `examples.txt`.
    ///
    /// # Errors
    /// No case breaks the rule.
    pub fn example(&self, rule: &str) -> Result<String, String> {
        let mut cases = self.broken_by.get(rule).cloned().unwrap_or_default();
        let length = |case: &&Case| self.documents.get(case.name).map_or(0, String::len);
        cases.sort_by_key(length);
        let mut choices: Vec<(usize, usize, Conditions, &str)> = Vec::new();
        for case in cases.into_iter().take(LOOKED_AT) {
            let Some(text) = self.documents.get(case.name) else { continue };
            for (n, conditions) in Conditions::of(case).into_iter().enumerate() {
                let problems = conditions.judge()?.problems(text).unwrap_or_default();
                if problems.iter().any(|found| found.id == rule) {
                    choices.push((n, text.len(), conditions, text));
                    break;
                }
            }
        }
        let definitions = Conditions::Definition.judge()?;
        for definition in DEFINITIONS.iter().filter(|definition| definition.rule == rule) {
            // A definition of one kind that is read as another breaks a rule that its own text does not tell.
            let problems = definitions.problems(definition.text).unwrap_or_default();
            if problems.iter().any(|found| found.id == rule) {
                choices.push((usize::MAX, definition.text.len(), Conditions::Definition, definition.text));
            }
        }
        for (_, text) in ADVICE.iter().filter(|(known, _)| *known == rule) {
            for (n, release) in Release::ALL.iter().rev().enumerate() {
                let conditions = Conditions::under(*release);
                let problems = conditions.judge()?.problems(text).unwrap_or_default();
                if problems.iter().any(|found| found.id == rule) {
                    choices.push((n, text.len(), conditions, text));
                    break;
                }
            }
        }
        let Some((_, _, conditions, text)) =
            choices.into_iter().min_by_key(|(rank, length, ..)| (*length > LARGEST, *rank, *length))
        else {
            let generated = GENERATED.iter().any(|generated| generated.rule == rule) || rule == NO_SET;
            return if generated { Ok(format!("= {rule}\n")) } else { Err(format!("no case breaks {rule}")) };
        };
        if text.len() > LARGEST {
            let conditions =
                self.broken_by.get(rule).and_then(|cases| cases.first()).map(|case| Conditions::Case(case));
            return Ok(format!(
                "= {rule}\n{}",
                conditions.map(|conditions| conditions.line()).unwrap_or_default()
            ));
        }
        Ok(format!("= {rule}\n{}{}", conditions.line(), self.lines(&conditions, text, rule)?))
    }

    /// The lines of an example.
    fn lines(&self, conditions: &Conditions, text: &str, rule: &str) -> Result<String, String> {
        let judge = conditions.judge()?;
        let breaks =
            |text: &str| judge.problems(text).is_some_and(|all| all.iter().any(|found| found.id == rule));
        let Some(tree) = Node::parse(text).filter(|tree| breaks(&tree.print())) else {
            return Ok(marked(&reduce::reduce_text(&judge, text, rule), None));
        };
        let broken = reduce::reduce(&judge, tree, rule);
        let kept = repair::repair(&judge, &broken, rule, &self.words);
        Ok(marked(&broken.print(), kept.map(|kept| kept.print()).as_deref()))
    }
}

/// The lines of two documents, with marks: what both begin and end with is written once.
fn marked(broken: &str, kept: Option<&str>) -> String {
    let before: Vec<&str> = broken.lines().collect();
    let after: Vec<&str> = kept.unwrap_or(broken).lines().collect();
    let start = before.iter().zip(&after).take_while(|(x, y)| x == y).count();
    let rest = before.len().min(after.len()) - start;
    let end = before.iter().rev().zip(after.iter().rev()).take(rest).take_while(|(x, y)| x == y).count();
    let mut out = String::new();
    let mut write = |mark: char, lines: &[&str]| {
        for line in lines {
            let _ = writeln!(out, "{mark}{line}");
        }
    };
    write(' ', before.get(..start).unwrap_or_default());
    write('-', before.get(start..before.len() - end).unwrap_or_default());
    write('+', after.get(start..after.len() - end).unwrap_or_default());
    write(' ', before.get(before.len() - end..).unwrap_or_default());
    out
}
