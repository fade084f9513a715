//! No number in a document makes the answer long: a count that multiplies output is bounded by a rule.
//!
//! Each number of the matrix's documents is replaced by large ones. The command line, or the report, must then stay within a few times
//! the size of the document and a constant.

#![allow(clippy::disallowed_methods, reason = "the documents of the matrix are read")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first failure")]

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use virtargv::Format;
use virtargv_testsuite::examples::tree::Node;
use virtargv_testsuite::matrix::{Case, cases};

/// Numbers that are too large for most counts, and yet read.
const LARGE: &[&str] = &["1000000", "2147483647", "4294967295"];

/// The bytes of an answer for each byte of a document.
const FACTOR: usize = 64;

/// The bytes of an answer that no document needs to have text for. The most iothreads of a domain take 4 MiB.
const CONSTANT: usize = 5 << 20;

/// The attributes that tell elements of a name apart.
const KINDS: &[&str] = &["type", "bus", "model", "mode", "device", "name"];

#[test]
fn a_large_number_makes_no_long_answer() {
    let mut documents: BTreeMap<&str, &Case> = BTreeMap::new();
    for case in cases() {
        documents.insert(case.name, case);
    }
    let mut seen = HashSet::new();
    let mut count = 0_usize;
    for (name, case) in documents {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("matrix").join(format!("{name}.xml"));
        let Some(document) = Node::parse(&std::fs::read_to_string(path).unwrap()) else { continue };
        for (at, key) in numbers(&document).into_iter().filter(|(_, key)| seen.insert(key.clone())) {
            for large in LARGE {
                let mut changed = document.clone();
                let Some(number) = at.in_tree(&mut changed) else { continue };
                (*large).clone_into(number);
                let text = changed.print();
                let length = answer(case, &text);
                assert!(
                    length <= text.len() * FACTOR + CONSTANT,
                    "{key} = {large} in {name}: {length} bytes"
                );
                count += 1;
            }
        }
    }
    assert!(count > 1000, "only {count} documents were made");
}

/// The length of what is said of a document.
fn answer(case: &Case, text: &str) -> usize {
    let run = case.outcome(text, case.line_for).unwrap();
    let line = run.command_line.map_or(0, |line| line.print(Format::Args, None).len() + line.explain().len());
    let problems = run.report.iter().map(|problem| problem.to_string().len() + problem.help().len());
    line + problems.sum::<usize>()
}

/// Where a number is: the path of its element, and the attribute; none for the text.
struct At {
    path: Vec<usize>,
    attribute: Option<usize>,
}

impl At {
    fn in_tree<'t>(&self, tree: &'t mut Node) -> Option<&'t mut String> {
        let node = tree.at_mut(&self.path)?;
        match self.attribute {
            Some(index) => node.attributes.get_mut(index).map(|(_, value)| value),
            None => Some(&mut node.text),
        }
    }
}

/// The numbers in a document, each with the names and kinds of the elements around it.
fn numbers(document: &Node) -> Vec<(At, String)> {
    let mut all = Vec::new();
    for path in document.paths() {
        let mut key = String::new();
        for depth in 0..=path.len() {
            let Some(node) = path.get(..depth).and_then(|path| document.at(path)) else { continue };
            key.extend(["/", node.name.as_str()]);
            for kind in KINDS {
                if let Some(value) = node
                    .attribute(kind)
                    .filter(|value| value.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-'))
                {
                    key.extend(["[", kind, "=", value, "]"]);
                }
            }
        }
        let Some(node) = document.at(&path) else { continue };
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_number(&node.text) {
            all.push((At { path: path.clone(), attribute: None }, key.clone()));
        }
        for (index, (name, value)) in node.attributes.iter().enumerate() {
            if is_number(value)
                || value.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
            {
                all.push((At { path: path.clone(), attribute: Some(index) }, format!("{key}/@{name}")));
            }
        }
    }
    all
}
