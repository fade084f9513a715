//! The children of an element by their names.

use std::collections::HashMap;
use std::ops::Range;

use super::{El, Element, Question, Reader};
use crate::Rule;

/// The children of an element grouped by name, for elements with many kinds of children.
pub(crate) struct ByName<'a> {
    /// The names, in the order of their first child, each with the range of its children.
    names: Vec<(&'a str, Range<usize>)>,
    children: Vec<El<'a>>,
    around: El<'a>,
}

impl<'a> ByName<'a> {
    pub(crate) fn of(el: El<'a>) -> Self {
        let mut names: Vec<(&'a str, Range<usize>)> = Vec::with_capacity(16);
        let mut numbered: Vec<(usize, El<'a>)> = Vec::with_capacity(32);
        // The numbers of the names, where there are more than a search is quick for.
        let mut numbers: HashMap<&'a str, usize> = HashMap::new();
        let mut last = 0;
        for child in el.elements() {
            let name = child.name();
            // Children of one name are mostly adjacent.
            if names.get(last).is_none_or(|(known, _)| *known != name) {
                last = if names.len() < 64 {
                    names.iter().position(|(known, _)| *known == name).unwrap_or(names.len())
                } else {
                    if numbers.is_empty() {
                        numbers.extend(names.iter().zip(0..).map(|((known, _), number)| (*known, number)));
                    }
                    *numbers.entry(name).or_insert(names.len())
                };
            }
            match names.get_mut(last) {
                Some((_, range)) => range.end += 1,
                None => names.push((child.name(), 0..1)),
            }
            numbered.push((last, child));
        }
        let mut start = 0;
        for (_, range) in &mut names {
            *range = start..start + range.end;
            start = range.end;
        }
        numbered.sort_by_key(|(name, _)| *name);
        Self { names, children: numbered.into_iter().map(|(_, child)| child).collect(), around: el }
    }

    /// Reads every child `name`, where they came with libvirt `since`: earlier releases ignore them.
    pub(crate) fn all_since<T: Element>(&self, since: &'static str, name: &str, r: &mut Reader) -> Vec<T> {
        self.around.question(|| Question::Since(name.to_owned(), since));
        if r.knows(since) { self.all(name, r) } else { Vec::new() }
    }

    /// The children `name`.
    pub(crate) fn elements(&self, name: &str) -> &[El<'a>] {
        self.around.question(|| Question::Child(name.to_owned()));
        self.around.question(|| Question::List(name.to_owned()));
        let range = self.names.iter().find(|(known, _)| *known == name).map(|(_, range)| range.clone());
        let found = range.and_then(|range| self.children.get(range)).unwrap_or_default();
        if self.around.is_recorded() {
            found.iter().copied().for_each(El::note);
        }
        found
    }

    /// As [`ByName::all`], for a device of which a guest has at most `most`: libvirt counts them before it reads the first.
    pub(crate) fn at_most<T: Element>(
        &self,
        most: usize,
        rule: &'static Rule,
        name: &str,
        r: &mut Reader,
    ) -> Vec<T> {
        if let Some(extra) = self.elements(name).get(most) {
            let number = if most == 1 { "one" } else { "two" };
            let message = format!("a guest has at most {number} `{name}`");
            r.refuse(rule, extra.pos(), message);
        }
        self.all(name, r)
    }

    /// Reads every child `name`.
    pub(crate) fn all<T: Element>(&self, name: &str, r: &mut Reader) -> Vec<T> {
        let group = self.elements(name);
        let mut values = Vec::with_capacity(group.len());
        values.extend(group.iter().filter_map(|child| T::read(*child, r)));
        values
    }
}
