//! Cuts a document down while it breaks a rule.

use super::conditions::{Found, Judge};
use super::tree::Node;

/// What every domain has: it stays, so that an example is a domain that could be used.
const KEPT: &[&str] = &["name", "memory", "os"];

/// Whether the node at `path` has to stay.
pub fn stays(tree: &Node, path: &[usize]) -> bool {
    match path {
        [] => true,
        [_] => tree.at(path).is_some_and(|node| KEPT.contains(&node.name.as_str())),
        [os, _] => {
            let named = |path: &[usize], name: &str| tree.at(path).is_some_and(|node| node.name == name);
            named(&[*os], "os") && named(path, "type")
        }
        _ => false,
    }
}

/// Whether the attribute has to stay.
pub fn attribute_stays(tree: &Node, path: &[usize], name: &str) -> bool {
    name.starts_with("xmlns") || (stays(tree, path) && matches!(name, "type" | "arch" | "machine"))
}

/// How a document breaks the rule: the number of problems with other rules; `None` if it does not.
fn breaks(judge: &Judge, text: &str, rule: &str) -> Option<usize> {
    let problems = judge.problems(text)?;
    let others = problems.iter().filter(|found| found.id != rule).count();
    (others < problems.len()).then_some(others)
}

/// The smallest part of `tree` that was found which breaks `rule` and no more other rules than before.
pub fn reduce(judge: &Judge, tree: Node, rule: &str) -> Node {
    let mut tree = tree;
    let Some(mut others) = breaks(judge, &tree.print(), rule) else { return tree };
    loop {
        let before = tree.clone();
        tree = without_nodes(judge, tree, rule, &mut others);
        tree = without_attributes(judge, tree, rule, &mut others);
        if tree == before {
            break;
        }
    }
    let spaces: Vec<String> = declared(&tree).into_iter().filter(|space| !uses(&tree, space)).collect();
    tree.attributes.retain(|(name, _)| !spaces.contains(name));
    named(judge, tree, rule, others)
}

/// Whether `tree` is accepted in place of one that breaks `others` other rules.
fn accepts(judge: &Judge, tree: &Node, rule: &str, others: &mut usize) -> bool {
    let now = breaks(judge, &tree.print(), rule).filter(|now| *now <= *others);
    *others = now.unwrap_or(*others);
    now.is_some()
}

fn without_nodes(judge: &Judge, mut tree: Node, rule: &str, others: &mut usize) -> Node {
    // From the end, so that the paths that are still to come stay true.
    let mut depth = 1;
    loop {
        let paths: Vec<_> = tree.paths().into_iter().filter(|path| path.len() == depth).collect();
        if paths.is_empty() {
            return tree;
        }
        for path in paths.iter().rev().filter(|path| path.len() == depth) {
            if stays(&tree, path) {
                continue;
            }
            if let Some(less) = tree.without(path).filter(|less| accepts(judge, less, rule, others)) {
                tree = less;
            }
        }
        depth += 1;
    }
}

fn without_attributes(judge: &Judge, mut tree: Node, rule: &str, others: &mut usize) -> Node {
    for path in tree.paths() {
        let names: Vec<String> = tree
            .at(&path)
            .into_iter()
            .flat_map(|node| &node.attributes)
            .map(|(name, _)| name.clone())
            .collect();
        for name in names.iter().filter(|name| !attribute_stays(&tree, &path, name)).collect::<Vec<_>>() {
            let mut less = tree.clone();
            if let Some(node) = less.at_mut(&path) {
                node.attributes.retain(|(known, _)| known != name);
            }
            if accepts(judge, &less, rule, others) {
                tree = less;
            }
        }
    }
    tree
}

fn declared(tree: &Node) -> Vec<String> {
    tree.attributes.iter().map(|(name, _)| name.clone()).filter(|name| name.starts_with("xmlns:")).collect()
}

fn uses(tree: &Node, space: &str) -> bool {
    let prefix = space.trim_start_matches("xmlns:");
    let has = |name: &str| name.split_once(':').is_some_and(|(before, _)| before == prefix);
    has(&tree.name)
        || tree.attributes.iter().any(|(name, _)| has(name))
        || tree.children.iter().any(|child| uses(child, space))
}

/// The domain with the name `guest`, where the name makes no difference.
fn named(judge: &Judge, tree: Node, rule: &str, mut others: usize) -> Node {
    let mut other = tree.clone();
    if let Some(name) = other.children.iter_mut().find(|child| child.name == "name") {
        "guest".clone_into(&mut name.text);
    }
    if accepts(judge, &other, rule, &mut others) { other } else { tree }
}

/// A text that is not XML stays as it is if it is short: what is left of it when it is cut down shows nothing.
const SHORT: usize = 600;

/// A part of a text that is not XML: a short text, or what is left of a long one, cut line by line.
pub fn reduce_text(judge: &Judge, text: &str, rule: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("{line}\n")).collect();
    if text.len() <= SHORT { lines.concat() } else { without_pieces(judge, lines, rule).concat() }
}

fn without_pieces(judge: &Judge, mut pieces: Vec<String>, rule: &str) -> Vec<String> {
    let mut size = pieces.len().div_ceil(2).max(1);
    loop {
        let mut at = 0;
        while at < pieces.len() {
            let mut less = pieces.clone();
            less.drain(at..(at + size).min(pieces.len()));
            if breaks(judge, &(less.concat() + "\n"), rule).is_some() { pieces = less } else { at += size }
        }
        if size == 1 {
            return pieces;
        }
        size = size.div_ceil(2);
    }
}

/// Whether `problems` are not of `rule`, and no errors but some of `before`.
pub fn keeps(problems: &[Found], rule: &str, before: &[&str]) -> bool {
    let errors = || problems.iter().filter(|found| found.is_error);
    problems.iter().all(|found| found.id != rule)
        && errors().all(|found| before.contains(&found.id))
        && errors().count() <= before.len()
}
