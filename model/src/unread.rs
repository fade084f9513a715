//! The parts of a document that could not be read.
//!
//! A value that is refused while reading is left out of the model. What later stages would report of an element that
//! lacks it follows from the first problem, so it is not reported.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::read::{El, Elements};
use crate::{Place, Pos, Problem};

/// The attributes that say what kind of device or part an element is, with the path of their element: of an element
/// without one of them, nothing is known.
const KIND: &[(&str, &str)] = &[
    ("", "type"),
    ("", "model"),
    ("", "device"),
    ("", "bus"),
    ("", "mode"),
    ("backend", "model"),
    ("backend", "type"),
    ("driver", "name"),
    ("model", "name"),
    ("model", "type"),
    ("target", "bus"),
    ("target", "type"),
];

/// The parts of a document that could not be read.
///
/// They are looked up by section: a section is a child of `<domain>`, or a device.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Unread {
    /// The byte offsets of the elements of which not even the kind is known, and of all elements in them.
    unknown: HashSet<usize>,
    /// By the byte offset of an element, the paths from it to what could not be read, and the attribute.
    parts: HashMap<usize, BTreeSet<(String, &'static str)>>,
    /// The names of the sections that have such parts.
    sections: BTreeSet<String>,
}

impl Unread {
    /// What could not be read according to `problems`.
    pub(crate) fn of<'p>(problems: impl Iterator<Item = &'p Problem>, elements: &Elements<'_>) -> Self {
        let mut unread = Self::default();
        for problem in problems {
            let at = problem.place.element.offset().and_then(|offset| elements.at(offset));
            if let Some(element) = at {
                unread.add(element, &problem.place);
            }
        }
        unread
    }

    fn add(&mut self, element: El<'_>, place: &Place) {
        let (mut element, mut attribute, mut rest) = (element, place.attr, Vec::new());
        for step in place.path.split('/').filter(|step| !step.is_empty()) {
            match (step.strip_prefix('@'), element.child(step)) {
                (Some(name), _) => attribute = name,
                (None, Some(child)) if rest.is_empty() => element = child,
                // The element that is missing.
                (None, _) => rest.push(step),
            }
        }
        let mut path = rest.join("/");
        let mut inner = element;
        loop {
            let is_section = is_section(inner);
            if is_section && inner.parent().is_some() && KIND.contains(&(&path, attribute)) {
                self.unknown.extend(inner.subtree().filter_map(|element| element.pos().offset()));
            }
            if let Some(offset) = inner.pos().offset()
                && !(is_section && path.is_empty() && attribute.is_empty())
            {
                // Below sections, the attributes of an element belong together.
                let attribute = if path.is_empty() && !is_section { "" } else { attribute };
                self.parts.entry(offset).or_default().insert((path.clone(), attribute));
            }
            if is_section {
                self.sections.insert(inner.name().to_owned());
            }
            let Some(parent) = inner.parent().filter(|_| !is_section) else { return };
            path = if path.is_empty() { inner.name().to_owned() } else { format!("{}/{path}", inner.name()) };
            inner = parent;
        }
    }

    /// Whether a problem at `place` follows from what could not be read there.
    pub fn covers(&self, place: &Place) -> bool {
        let Some(offset) = place.element.offset() else { return false };
        let inside = |path: &str| {
            place.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let part = |(path, attribute): &(String, &'static str)| match (path.is_empty(), attribute.is_empty())
        {
            (true, true) => true,
            (true, false) => place.attr == *attribute || place.path.strip_prefix('@') == Some(attribute),
            (false, _) => inside(path),
        };
        self.unknown.contains(&offset) || self.parts.get(&offset).is_some_and(|parts| parts.iter().any(part))
    }

    /// Whether the element at `at` has a part that could not be read.
    pub fn has_part_of(&self, at: Pos) -> bool {
        at.offset().is_some_and(|at| self.unknown.contains(&at) || self.parts.contains_key(&at))
    }

    /// Whether a section called `name`, such as `vcpu` or `controller`, has a part that could not be read.
    pub fn has_section(&self, name: &str) -> bool {
        self.sections.contains(name)
    }
}

/// Whether `element` is a child of `<domain>` other than `<devices>`, or a device.
fn is_section(element: El<'_>) -> bool {
    let Some(parent) = element.parent() else { return true };
    match parent.parent() {
        None => element.name() != "devices",
        Some(around) => parent.name() == "devices" && around.parent().is_none(),
    }
}
