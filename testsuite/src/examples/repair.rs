//! Looks for the least change with which a document keeps a rule.
//!
//! Changes are tried one by one: what the rule's help names first, near the problem first. What can be written at a place is
//! learned from documents that are accepted.

use std::collections::{BTreeMap, BTreeSet};

use super::conditions::{Found, Judge};
use super::reduce::{self, attribute_stays, keeps, stays};
use super::tree::{Node, Path};

/// What accepted documents have at a place.
#[derive(Debug, Default)]
pub struct Vocabulary {
    /// Attributes of an element, with their values.
    attributes: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    /// Texts of an element.
    texts: BTreeMap<String, BTreeSet<String>>,
    /// Children of an element.
    children: BTreeMap<String, BTreeSet<Node>>,
}

/// The longest child that is remembered, in bytes.
const LONGEST: usize = 400;
/// The number of changes that are tried for a document.
const TRIED: usize = 2500;
/// The number of changes that are tried for another problem that a change leads to.
const TRIED_THEN: usize = 400;
/// The rank of changes that come after all others, and after two changes.
const LAST: usize = 1000;
/// How far from the problem a change is, in steps from node to node.
const FARTHEST: usize = 5;
/// The number of nodes that are changed.
const LARGEST: usize = 60;
/// The number of changes that lead to another problem and are followed.
const FOLLOWED: usize = 40;

impl Vocabulary {
    /// Adds what is in a document.
    pub fn learn(&mut self, node: &Node) {
        let attributes = self.attributes.entry(node.name.clone()).or_default();
        for (name, value) in &node.attributes {
            attributes.entry(name.clone()).or_default().insert(value.clone());
        }
        if !node.text.is_empty() {
            self.texts.entry(node.name.clone()).or_default().insert(node.text.clone());
        }
        for child in &node.children {
            // A prefix means nothing where it is not declared.
            let has_prefix =
                child.paths().iter().any(|path| child.at(path).is_some_and(|node| node.name.contains(':')));
            if !has_prefix && child.print().len() <= LONGEST {
                self.children.entry(node.name.clone()).or_default().insert(child.clone());
            }
            self.learn(child);
        }
    }
}

/// A change, with its rank: the least is tried first.
type Change<'c> = (usize, Edit<'c>);

/// A change of the node at a path.
struct Edit<'c> {
    path: &'c [usize],
    what: What<'c>,
}

enum What<'c> {
    Value(&'c str, &'c str),
    Text(&'c str),
    Attribute(&'c str, &'c str),
    Child(&'c Node),
    /// In the place of another child.
    Instead(usize, &'c Node),
    NoAttribute(&'c str),
    /// Without the node itself.
    Nothing,
}

impl Edit<'_> {
    fn apply(&self, tree: &Node) -> Option<Node> {
        if matches!(self.what, What::Nothing) {
            return tree.without(self.path);
        }
        let mut tree = tree.clone();
        let node = tree.at_mut(self.path)?;
        match self.what {
            What::Value(name, value) => {
                node.attributes
                    .iter_mut()
                    .filter(|(known, _)| known == name)
                    .for_each(|(_, old)| value.clone_into(old));
            }
            What::Text(text) => text.clone_into(&mut node.text),
            What::Attribute(name, value) => node.attributes.push((name.to_owned(), value.to_owned())),
            What::Child(child) => node.children.push(child.clone()),
            What::Instead(index, child) => node.children.get_mut(index)?.clone_from(child),
            What::NoAttribute(name) => node.attributes.retain(|(known, _)| known != name),
            What::Nothing => {}
        }
        Some(tree)
    }
}

/// What a help says to do.
struct Advice<'h> {
    help: &'h str,
    /// The elements that it shows.
    elements: Vec<Node>,
    /// The attributes that it shows, with their values.
    attributes: Vec<(&'h str, &'h str)>,
}

impl<'h> Advice<'h> {
    fn of(help: &'h str) -> Self {
        let shown = || help.split('`').skip(1).step_by(2);
        let attribute = |word: &'h str| {
            let (name, value) = word.split_once("='")?;
            Some((name, value.strip_suffix('\'')?)).filter(|(name, _)| !name.contains(['<', ' ']))
        };
        Self {
            help,
            elements: shown().filter_map(Node::parse).collect(),
            attributes: shown().filter_map(attribute).collect(),
        }
    }

    /// The values that it shows for an attribute.
    fn values(&self, name: &str) -> impl Iterator<Item = &'h str> {
        self.attributes.iter().filter(move |(attribute, _)| *attribute == name).map(|(_, value)| *value)
    }

    fn says(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.help.contains(word))
    }

    /// What a kind of change adds to its rank.
    fn rank(&self, kind: Kind) -> usize {
        let begins = |words: &[&str]| words.iter().any(|word| self.help.starts_with(word));
        let removes: &[&str] = &["remove", "leave out", "drop", "delete"];
        let adds: &[&str] = &["add", "give", "write", "declare", "set", "name"];
        match kind {
            Kind::Remove if begins(removes) => 0,
            Kind::Add if begins(adds) => 0,
            Kind::Set if !begins(removes) && !begins(adds) => 0,
            Kind::Remove if self.says(removes) => 4,
            Kind::Add if self.says(adds) => 4,
            Kind::Set => 6,
            Kind::Add => 10,
            Kind::Remove => 14,
        }
    }

    /// Whether the help names a word in backticks, as an attribute or an element.
    fn names(&self, word: &str) -> bool {
        [
            format!("`{word}="),
            format!("<{word}>"),
            format!("<{word} "),
            format!("<{word}/"),
            format!(" {word}="),
            format!("'{word}'"),
            format!("`{word}`"),
        ]
        .iter()
        .any(|form| self.help.contains(form.as_str()))
    }

    /// What the words that a change is about add to its rank.
    fn about(&self, words: &[&str]) -> usize {
        words.iter().filter(|word| !self.names(word)).count() * 5
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Remove,
    Add,
    Set,
}

/// A document that keeps `rule` and differs little from `tree`, which breaks it; `None` if none is found.
pub fn repair(judge: &Judge, tree: &Node, rule: &str, words: &Vocabulary) -> Option<Node> {
    let problems = judge.problems(&tree.print())?;
    let found = problems.iter().find(|found| found.id == rule)?;
    let errors = problems.iter().filter(|found| found.is_error && found.id != rule);
    let errors: Vec<&str> = errors.map(|found| found.id).collect();
    let keeps = |node: &Node| judge.problems(&node.print()).is_some_and(|all| keeps(&all, rule, &errors));
    let tried = changed(tree, found, words, TRIED);
    let near = tried.iter().take(TRIED_THEN).take_while(|(rank, _)| *rank < LAST).count();
    let (near, far) = tried.split_at(near);
    let mut others = Vec::new();
    for (_, changed) in near {
        let Some(problems) = judge.problems(&changed.print()) else { continue };
        if reduce::keeps(&problems, rule, &errors) {
            return Some(emptied(tree, changed.clone(), keeps));
        }
        // What is wrong now is something else: a second change may do.
        let next = problems.into_iter().find(|found| found.is_error);
        others.extend(next.filter(|next| next.message != found.message).map(|next| (changed, next)));
    }
    let second = others.into_iter().take(FOLLOWED).find_map(|(first, next)| {
        changed(first, &next, words, TRIED_THEN)
            .into_iter()
            .map(|(_, node)| node)
            .find(|node| node != tree && keeps(node))
    });
    let found = second.or_else(|| far.iter().map(|(_, node)| node).find(|node| keeps(node)).cloned())?;
    Some(emptied(tree, found, keeps))
}

/// `changed` without elements that the change left empty.
fn emptied(before: &Node, changed: Node, keeps: impl Fn(&Node) -> bool) -> Node {
    let is_empty =
        |node: &Node| node.attributes.is_empty() && node.text.is_empty() && node.children.is_empty();
    let was_empty = |path: &[usize]| before.at(path).is_none_or(is_empty);
    let paths = changed.paths();
    let mut left = paths.iter().filter(|path| changed.at(path).is_some_and(is_empty) && !was_empty(path));
    let less = left.find_map(|path| changed.without(path)).filter(keeps);
    less.map_or(changed, |less| less)
}

/// The changed documents that are tried, the least change first.
fn changed(tree: &Node, found: &Found, words: &Vocabulary, most: usize) -> Vec<(usize, Node)> {
    let advice = Advice::of(found.help);
    let place = found.at.map(|at| tree.path_of(at)).unwrap_or_default();
    let paths: Vec<Path> =
        tree.paths().into_iter().filter(|path| distance(&place, path) <= FARTHEST).take(LARGEST).collect();
    let mut all = Vec::new();
    for path in &paths {
        let from = all.len();
        set(tree, path, &advice, words, &mut all);
        add(tree, path, &advice, words, &mut all);
        remove(tree, path, &place, &advice, &mut all);
        let far = distance(&place, path) * 6;
        all.iter_mut().skip(from).for_each(|(rank, _)| *rank += far);
    }
    all.sort_by_key(|(rank, _)| *rank);
    all.iter().take(most).filter_map(|(rank, edit)| Some((*rank, edit.apply(tree)?))).collect()
}

/// The number of steps from one node to the other.
fn distance(place: &[usize], path: &[usize]) -> usize {
    let common = place.iter().zip(path).take_while(|(x, y)| x == y).count();
    (place.len() - common) + (path.len() - common)
}

/// Other values and texts.
fn set<'c>(
    tree: &'c Node,
    path: &'c [usize],
    advice: &Advice<'c>,
    words: &'c Vocabulary,
    all: &mut Vec<Change<'c>>,
) {
    let Some(node) = tree.at(path) else { return };
    for (name, value) in node.attributes.iter().filter(|(name, _)| !name.starts_with("xmlns")) {
        let known = words.attributes.get(&node.name).and_then(|attributes| attributes.get(name));
        for other in advice
            .values(name)
            .chain(known.into_iter().flatten().map(String::as_str))
            .filter(|other| other != value)
        {
            let rank = advice.rank(Kind::Set) + advice.about(&[name, other]) + differs(value, other);
            all.push((rank, Edit { path, what: What::Value(name, other) }));
        }
    }
    for other in words.texts.get(&node.name).into_iter().flatten().filter(|other| **other != node.text) {
        let rank = advice.rank(Kind::Set) + advice.about(&[&node.name, other]) + differs(&node.text, other);
        all.push((rank, Edit { path, what: What::Text(other) }));
    }
}

/// More attributes and children.
fn add<'c>(
    tree: &'c Node,
    path: &'c [usize],
    advice: &'c Advice<'c>,
    words: &'c Vocabulary,
    all: &mut Vec<Change<'c>>,
) {
    let Some(node) = tree.at(path) else { return };
    let known = words.attributes.get(&node.name).into_iter().flatten();
    for (name, values) in
        known.filter(|(name, _)| node.attribute(name).is_none() && !name.starts_with("xmlns"))
    {
        for value in advice.values(name).chain(values.iter().map(String::as_str)) {
            let rank = advice.rank(Kind::Add) + advice.about(&[name, value]) + value.len() / 8;
            all.push((rank, Edit { path, what: What::Attribute(name, value) }));
        }
    }
    let Some(known) = words.children.get(&node.name) else { return };
    let advised =
        advice.elements.iter().filter(|element| known.iter().any(|child| child.name == element.name));
    for child in advised.chain(known) {
        let given = child.attributes.iter().map(|(name, value)| advice.about(&[name, value])).sum::<usize>();
        let size = child.paths().len() * 3 + given + child.text.len() / 8;
        let rank = advice.rank(Kind::Add) + advice.about(&[&child.name]) + size;
        all.push((rank, Edit { path, what: What::Child(child) }));
        // In the place of one of the same name.
        if let Some(old) = node.children.iter().position(|old| old.name == child.name) {
            all.push((rank + 30, Edit { path, what: What::Instead(old, child) }));
        }
    }
}

/// Fewer attributes and children.
fn remove<'c>(
    tree: &'c Node,
    path: &'c [usize],
    place: &[usize],
    advice: &Advice<'c>,
    all: &mut Vec<Change<'c>>,
) {
    let Some(node) = tree.at(path) else { return };
    for (name, _) in node.attributes.iter().filter(|(name, _)| !attribute_stays(tree, path, name)) {
        let rank = advice.rank(Kind::Remove) + advice.about(&[name]);
        all.push((rank, Edit { path, what: What::NoAttribute(name) }));
    }
    if stays(tree, path) {
        return;
    }
    // Without what the rule is about there is nothing to be learned from the example.
    let all_of_it = if place.starts_with(path) && !advice.names(&node.name) { 30 } else { 6 };
    let whole = if path.len() < place.len() { 30 } else { 0 };
    let rank =
        advice.rank(Kind::Remove) + advice.about(&[&node.name]) + all_of_it + whole + node.paths().len();
    all.push((rank, Edit { path, what: What::Nothing }));
}

/// How much two values differ, from 0 to 8.
fn differs(one: &str, other: &str) -> usize {
    let same = one.chars().zip(other.chars()).take_while(|(x, y)| x == y).count();
    let end = one.chars().rev().zip(other.chars().rev()).take_while(|(x, y)| x == y).count();
    let longest = one.chars().count().max(other.chars().count());
    longest.saturating_sub(same + end).min(8)
}
