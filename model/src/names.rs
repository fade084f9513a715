//! Names that are not read: unknown elements and attributes, which libvirt ignores without a word.
//!
//! What is read is not listed a second time: it is what the readers ask for. While a document is read, the record behind
//! [`El`] marks every element and attribute that a reader asked for; what is left over has no effect, so that
//! "is ignored" is always true. What to call it depends on what is known of its name:
//!
//! - No reader of any release asks an element of this name (in an element of the name around it) for it: it is *unknown*. The
//!   nearest known name is suggested; or the element is named that has such a child or attribute.
//! - Only readers of later releases ask for it.
//! - Another branch of the reader asks for it, such as that for a `<source>` of another type: it is *not read here*.
//! - Its value is none of those that libvirt reads there, where it ignores others: it is an *ignored value*.
//! - It is a name of the domain format that only other drivers of libvirt read (`OTHERS`).
//!
//! Which names other branches and releases ask for is in `names/known.txt`, one element a line. The list is made by asking the
//! readers ([`Questions`]), never by hand: `model/tests/names/explore.rs` makes documents until every branch of every reader
//! was taken, the documents of the matrix are asked too, and a test compares. A name that the list lacks, because its branch
//! was not found, is known all the same where a document takes the branch. `>=11.7` after a name is the version that it came
//! with; `>11.3` is the first release followed that has it, where the version is not known exactly; `<7.0` the last that has it.

mod list;
mod paths;
mod questions;
mod tell;

pub use paths::{KnownName, known_names, words};
pub use questions::{Asked, Questions};

use crate::read::{El, Elements, MERGED};
use crate::{Place, Problem, Release, Report, qemu_ns};

crate::rules! {
    /// An element is one that libvirt knows.
    UNKNOWN_ELEMENT = "unknown-element": Plain, Read, "libvirt ignores what it does not look for, without a word",
        help "correct the name, or remove the element", severity Warning;
    /// An attribute is one that libvirt knows.
    UNKNOWN_ATTRIBUTE = "unknown-attribute": Plain, Read, "libvirt ignores what it does not look for, without a word",
        help "correct the name, or remove the attribute", severity Warning;
    /// An element or attribute is where libvirt looks for it.
    MISPLACED_NAME = "misplaced-name": Plain, Read,
        "libvirt looks for each element and attribute in its own place, and ignores it elsewhere",
        help "move it to its own place", severity Warning;
    /// An element or attribute is one that the release followed knows.
    LATER_NAME = "name-of-another-release": Plain, Read,
        "the element or attribute was added to or removed from the domain format by another version of libvirt; the others ignore it",
        help "follow a release that has it, or remove it", severity Warning;
    /// An element or attribute is read, given the other values of the document.
    UNREAD_NAME = "name-not-read-here": Plain, Read,
        "what libvirt looks for depends on other values, such as the `type=` of the device",
        help "remove it, or correct the value that decides what is read", severity Warning;
    /// A text is in an element of which libvirt reads the text.
    UNREAD_TEXT = "text-not-read": Plain, Read,
        "libvirt reads the text of some elements only, and ignores that of others",
        help "remove the text, or write it as the attribute that is meant", severity Warning;
    /// A value is one that libvirt reads, where it ignores others.
    IGNORED_VALUE = "ignored-value": Plain, Read,
        "libvirt reads some attributes as if they were not there where their value is not one of the known ones",
        help "correct the value, or remove the attribute", severity Warning;
    /// An element or attribute is one that the QEMU driver uses.
    OTHER_DRIVER = "name-of-another-driver": Plain, Read,
        "the domain format has elements that only the drivers for Xen, containers or other hypervisors use",
        help "remove it; it has no effect on a QEMU guest", severity Note;
    /// An element of QEMU's own is in the namespace of libvirt for QEMU.
    QEMU_NAMESPACE = "qemu-namespace": Plain, Read,
        "`<qemu:commandline>` and its like are known by their namespace, whatever its prefix is; libvirt ignores those of another",
        help "declare `xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'` on `<domain>`", severity Warning;
}

/// What the domain format has for other drivers of libvirt and its QEMU driver does not use, whether it is read or not: elements, by
/// their name and that of the element around them, with the children or attributes that they have for whom.
const OTHERS: &[(&str, &[&str], &str)] = &[
    ("/domain", &["bootloader", "bootloader_args"], "Xen"),
    ("/domain", &["idmap"], "containers"),
    ("/domain", &["datacenterpath", "namespace"], "VMware ESX"),
    ("domain/os", &["init", "initarg", "initdir", "initenv", "initgroup", "inituser"], "containers"),
    ("domain/features", &["capabilities", "privnet"], "containers"),
    ("domain/features", &["cow", "hap", "viridian", "xen"], "Xen"),
    ("devices/audio", &["@driver", "@serverName"], "bhyve"),
    ("devices/controller", &["@maxEventChannels", "@maxGrantFrames"], "Xen"),
    ("devices/hostdev", &["ip", "route"], "containers"),
    ("devices/interface", &["backenddomain"], "Xen"),
    ("devices/interface", &["guest"], "containers"),
    ("interface/driver", &["@model"], "other hypervisors"),
];

/// What libvirt writes into the document of a running domain, or does not read although it writes it: nobody is to be told of it.
const WRITTEN: &[(&str, &[&str])] = &[
    ("backingStore/source", &["privateData"]),
    ("cache/line", &["@unit"]),
    ("cache/size", &["@unit"]),
    ("console/target", &["model"]),
    ("cputune/cachetune", &["@id"]),
    ("cputune/energytune", &["@id"]),
    ("devices/console", &["@tty"]),
    ("devices/disk", &["privateData"]),
    ("devices/parallel", &["@tty"]),
    ("devices/serial", &["@tty"]),
    ("disk/source", &["privateData"]),
    ("domain/launchSecurity", &["handle"]),
    ("interface/mac", &["@currentAddress"]),
    ("interface/source", &["@macTableManager", "@missing"]),
    ("mirror/source", &["privateData"]),
    ("nvram/source", &["privateData"]),
    ("parallel/target", &["@type", "model"]),
];

/// The most characters of a text that a message shows.
const SHOWN_TEXT: usize = 40;

/// The elements in which anything can be. In `<domain>` they are not looked at either, nor are sections: one that comes again is
/// read with the first, although no reader looks at it.
const FREE: [&str; 2] = ["description", "metadata"];

/// A part of a document that was not read.
#[derive(Debug, Clone)]
struct Left<'a> {
    /// The element, or the one with the attribute.
    el: El<'a>,
    /// The attribute: its name and its bytes.
    attribute: Option<(&'a str, std::ops::Range<usize>)>,
}

/// The parts of the document that were not read, each with a problem; `ask` asks the readers again, for the names that they look
/// for.
pub(crate) fn unread(
    elements: &Elements<'_>,
    report: &Report,
    release: Release,
    ask: impl FnOnce() -> Option<Questions>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let left = left(elements, release, &mut problems);
    let ignored = elements.asked().map(crate::read::Asked::take_ignored).unwrap_or_default();
    problems
        .extend(ignored.into_iter().map(|(place, message)| IGNORED_VALUE.problem(release, place, message)));
    if !left.is_empty() {
        // Few documents need it.
        let questions = ask();
        let told = tell::Told::new(report, release, questions.as_ref());
        problems.extend(left.iter().filter_map(|left| told.problem(left)));
    }
    problems
}

/// What was not read: of elements in elements the outermost only.
fn left<'a>(elements: &'a Elements<'a>, release: Release, problems: &mut Vec<Problem>) -> Vec<Left<'a>> {
    let mut found = Vec::new();
    let (Some(root), Some(asked)) = (elements.root(), elements.asked()) else { return found };
    let mut next = 0;
    for el in root.subtree() {
        if el.row() < next {
            continue;
        }
        let is_free = FREE.contains(&el.name());
        if el.is_section() && is_free {
            next = el.end_row();
            continue;
        }
        let is_merged = el.is_section() && MERGED.contains(&el.name());
        if let Some(driver) = other_driver(el) {
            let message =
                format!("element `<{}>` has no effect on a QEMU guest: it is for {driver}", el.name());
            problems.push(OTHER_DRIVER.problem(release, el.pos(), message));
            next = el.end_row();
            continue;
        }
        let is_foreign = el.namespace().is_some_and(|namespace| namespace != qemu_ns::NAMESPACE);
        if is_foreign {
            problems.extend(qemu_namespace(el, release));
        } else if el.row() != root.row() && !is_merged && !asked.has_element(el.row()) {
            found.push(Left { el, attribute: None });
        } else {
            let attributes = el.attributes().iter().enumerate();
            let left = attributes.filter(|(number, attribute)| {
                !attribute.is_foreign && !asked.has_attribute(el.row(), *number)
            });
            if !asked.has_text(el.row()) {
                problems.extend(unread_text(el, release));
            }
            found.extend(
                left.map(|(_, attribute)| Left { el, attribute: Some((attribute.name, attribute.range())) }),
            );
            if !is_free {
                continue;
            }
        }
        next = el.end_row();
    }
    found
}

/// A warning for the first text in an element whose text was not read.
fn unread_text(el: El<'_>, release: Release) -> Option<Problem> {
    let blank = |c: char| c.is_ascii_whitespace();
    let mut trimmed = el.own_texts().map(|found| (found, found.content.trim_matches(blank)));
    let (found, text) = trimmed.find(|(_, text)| !text.is_empty())?;
    let shown: String = text.chars().take(SHOWN_TEXT).collect();
    let dots = if shown.len() < text.len() { "..." } else { "" };
    let message = format!("text `{shown}{dots}` in `<{}>` is ignored", questions::name_of(el));
    Some(UNREAD_TEXT.problem(release, el.place_of(found.range()), message))
}

/// The driver that an element is for, where it is not QEMU's.
fn other_driver(el: El<'_>) -> Option<&'static str> {
    // Most elements have another name than those of the list, and are not looked at further.
    if !OTHERS.iter().any(|(_, names, _)| names.contains(&el.name())) {
        return None;
    }
    let around = el.parent()?;
    driver_of(&format!("{}/{}", around.outer_name(), around.name()), el.name())
}

/// The driver that `name` in elements called `key` is for, where it is not QEMU's; an attribute begins with `@`.
fn driver_of(key: &str, name: &str) -> Option<&'static str> {
    OTHERS.iter().find(|(of, names, _)| *of == key && names.contains(&name)).map(|(_, _, driver)| *driver)
}

/// A warning for an element that is meant to be in libvirt's namespace for QEMU, and is in another.
fn qemu_namespace(el: El<'_>, release: Release) -> Option<Problem> {
    const NAMES: [&str; 4] = ["commandline", "capabilities", "override", "deprecation"];
    let namespace = el.namespace().unwrap_or_default();
    if !el.is_section() || !NAMES.contains(&el.name()) || !namespace.contains("qemu") {
        return None;
    }
    let message = format!(
        "element `{}` is ignored: its namespace is `{namespace}`, not `{}`",
        el.name(),
        qemu_ns::NAMESPACE
    );
    Some(QEMU_NAMESPACE.problem(release, el.pos(), message))
}

impl Left<'_> {
    /// Its place in the text.
    fn place(&self) -> Place {
        match &self.attribute {
            Some((_, range)) => self.el.place_of(range.clone()),
            None => self.el.pos().into(),
        }
    }
}
