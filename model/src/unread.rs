//! The parts of a document that could not be read.
//!
//! A value that is refused while reading is left out of the model. What later stages would report of an element that
//! lacks it follows from the first problem, so it is not reported.

use std::collections::{BTreeMap, BTreeSet};

use crate::read::{El, Elements};
use crate::{Place, Pos, Problem};

/// The attributes that determine the kind of a device, with the path of their element. If one of them could not be
/// read, nothing else is reported of the device.
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
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Unread {
    /// The byte offsets of the devices whose kind is not known, and of all elements in them.
    unknown: BTreeSet<usize>,
    /// The elements with parts that could not be read, by byte offset.
    elements: BTreeMap<usize, Parts>,
    /// Where the parts are, as paths from `<domain>` or `<devices>`, such as `cpu/numa/cell` or `controller`; an attribute
    /// also as `cpu@mode`.
    paths: BTreeSet<String>,
}

/// The parts of an element that could not be read.
#[derive(Debug, Clone, PartialEq)]
struct Parts {
    /// Whether the element is a device or another child of `<domain>`. Its attributes are independent of each other;
    /// those of an element inside it are not.
    is_section: bool,
    /// Attributes of the element itself.
    attributes: BTreeSet<&'static str>,
    /// Paths of elements in it.
    inner: BTreeSet<String>,
}

impl Unread {
    /// All could be read.
    pub(crate) const NOTHING: Self =
        Self { unknown: BTreeSet::new(), elements: BTreeMap::new(), paths: BTreeSet::new() };

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

    fn add(&mut self, mut element: El<'_>, place: &Place) {
        let (mut attribute, mut missing) = (place.attr, Vec::new());
        for step in place.path.split('/').filter(|step| !step.is_empty()) {
            match (step.strip_prefix('@'), element.elements().find(|child| child.name() == step)) {
                (Some(name), _) => attribute = name,
                (None, Some(child)) if missing.is_empty() => element = child,
                (None, _) => missing.push(step),
            }
        }
        let mut path = missing.join("/");
        loop {
            let parent = element.parent();
            let level = Level::of(element);
            if level == Level::Device && KIND.contains(&(&path, attribute)) {
                self.unknown.extend(element.subtree().filter_map(|element| element.pos().offset()));
            }
            if let Some(offset) = element.pos().offset() {
                let parts = self.elements.entry(offset).or_insert_with(|| Parts::of(level));
                if path.is_empty() {
                    parts.attributes.insert(attribute);
                } else {
                    parts.inner.insert(path.clone());
                }
            }
            if !element.is_domain() {
                path = join(element.name(), &path);
            }
            match parent.filter(|_| level == Level::Inner) {
                Some(parent) => element = parent,
                None => break,
            }
        }
        if !attribute.is_empty() {
            self.paths.insert(format!("{path}@{attribute}"));
        }
        self.paths.insert(path);
    }

    /// Whether a problem at `place` follows from what could not be read there.
    pub fn covers(&self, place: &Place) -> bool {
        let Some(offset) = place.element.offset() else { return false };
        let parts = self.elements.get(&offset);
        self.unknown.contains(&offset) || parts.is_some_and(|parts| parts.cover(place.path, place.attr))
    }

    /// Whether the element at `at` has a part that could not be read.
    pub fn has_part_of(&self, at: Pos) -> bool {
        at.offset().is_some_and(|at| self.unknown.contains(&at) || self.elements.contains_key(&at))
    }

    /// Whether a part of an element with this path from `<domain>` or `<devices>`, such as `cpu/numa` or `controller`, or
    /// the attribute at a path such as `cpu@mode`, could not be read.
    pub fn has(&self, path: &str) -> bool {
        self.paths.iter().any(|found| is_inside(found, path))
    }

    /// Whether everything could be read.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }
}

impl Parts {
    fn of(level: Level) -> Self {
        Self { is_section: level != Level::Inner, attributes: BTreeSet::new(), inner: BTreeSet::new() }
    }

    /// Whether a problem at `path` and `attribute` of the element follows from these.
    fn cover(&self, path: &str, attribute: &str) -> bool {
        let attribute = path.strip_prefix('@').unwrap_or(attribute);
        let is_itself = path.is_empty() || path.starts_with('@');
        let inside = |inner: &String| is_inside(path, inner) || !path.is_empty() && is_inside(inner, path);
        match (is_itself, self.is_section) {
            (true, true) => !attribute.is_empty() && self.attributes.contains(attribute),
            (true, false) => !self.attributes.is_empty(),
            (false, _) => self.inner.iter().any(inside),
        }
    }
}

/// The level of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// A child of `<devices>`.
    Device,
    /// The domain, or another child of it.
    Section,
    /// In one of those.
    Inner,
}

impl Level {
    fn of(element: El<'_>) -> Self {
        if element.is_device() {
            Self::Device
        } else if element.is_domain() || element.is_section() && element.name() != "devices" {
            Self::Section
        } else {
            Self::Inner
        }
    }
}

fn join(outer: &str, inner: &str) -> String {
    if inner.is_empty() { outer.to_owned() } else { format!("{outer}/{inner}") }
}

/// Whether the path `inner` is `outer` or below it.
fn is_inside(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use crate::{Domain, parse};

    const DOCUMENT: &str =
        "<domain type='qemu'><name>a</name><memory>1</memory><vcpu>2</vcpu><os><type>hvm</type></os>
        <cpu mode='bogus'><topology sockets='1' cores='1' threads='1'/></cpu>
        <devices>
          <disk type='file'><driver cache='bogus'/><source file='/a'/><target dev='vda'/></disk>
          <disk type='file' device='bogus'><driver cache='none'/><source file='/b'/><target dev='vdb'/></disk>
          <memballoon/>
        </devices></domain>";

    #[test]
    fn what_could_not_be_read_covers_its_element_and_no_other() {
        let (domain, report) = (parse(DOCUMENT).value.unwrap(), parse(DOCUMENT).report);
        assert_eq!(report.len(), 4, "{report}");
        let Domain { cpu, devices, memory, .. } = &*domain;
        let [first, second] = devices.disks.as_slice() else { panic!("there are two disks") };
        let check = |place: crate::Place, expected: bool| {
            assert_eq!(report.unread().covers(&place), expected, "{place:?}");
        };
        // Only the cache mode of the first disk could not be read, but the attributes of a driver are not independent.
        check(first.driver.pos.attr("cache"), true);
        check(first.driver.pos.attr("io"), true);
        check(first.info.pos.path("driver/@cache"), true);
        check(first.info.pos.path("target/@dev"), false);
        check(first.target_pos.attr("dev"), false);
        check(first.info.pos.into(), false);
        // The kind of the second disk is not known.
        check(second.info.pos.into(), true);
        check(second.driver.pos.attr("io"), true);
        check(second.target_pos.attr("dev"), true);
        // The topology of a CPU does not depend on its mode.
        let cpu = cpu.as_ref().unwrap();
        check(cpu.pos.attr("mode"), true);
        check(cpu.pos.attr("migratable"), false);
        check(cpu.pos.path("topology"), false);
        check(memory.pos.into(), false);
        check(domain.pos.into(), false);
    }

    #[test]
    fn parts_are_found_by_their_path() {
        let report = parse(DOCUMENT).report;
        let check = |path: &str, expected: bool| assert_eq!(report.unread().has(path), expected, "{path}");
        check("cpu@mode", true);
        check("cpu/topology", false);
        check("disk", true);
        check("disk/driver", true);
        check("disk/driver@cache", true);
        check("disk/driver@io", false);
        check("disk/target", false);
        check("memballoon@model", true);
        check("vcpu", false);
    }
}
