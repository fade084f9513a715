//! Reading elements and attributes.
//!
//! A bad value is reported and read as absent, so that one run reports all problems.

mod asked;
mod by_name;
mod malformed;
mod meant;
mod order;
mod plain;
mod refuse;
mod size;
mod start;
mod table;
mod tree;
mod value;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Display;
use std::hash::Hash;

pub(crate) use asked::Asked;
pub use asked::Question;
pub(crate) use by_name::ByName;
pub use order::ReadPlace;
pub(crate) use refuse::missing_attribute;
use refuse::{bad_value, write_what};
pub(crate) use start::{report_of, tree_of};
pub use tree::{El, MAX_DOCUMENT};
pub(crate) use tree::{Elements, MERGED, QEMU_PREFIX, document, tree};
pub use value::{AnyBase, Positive, Value};

use crate::{Class, Classes, Message, NumberSet, Place, Pos, Release, Report, Rule, Span};

crate::rules! {
    /// An attribute has a value that the domain format allows for it.
    ATTRIBUTE_VALUE = "attribute-value": Xml, Read,
        "the domain format defines the words, the range of numbers or the form of text of each attribute",
        help "use a value that the domain format has for the attribute";
    /// A value is one that the release followed knows.
    LATER_WORD = "word-of-a-later-release": Xml, Read,
        "the value was added to or removed from the domain format by another version of libvirt",
        help "follow a release that has the value, or use a value that the release followed has";
    /// A set of CPUs or NUMA nodes has at least one member.
    NUMBER_SET_EMPTY = "number-set-empty": Xml, Read,
        "`cpuset=`, `nodeset=`, `vcpus=`, `iothreads=`, `<nodemask>`: exclusions such as `^2` can leave nothing",
        help "name at least one number, such as `0-3`";
    /// An attribute that is mandatory for its element is given.
    ATTRIBUTE_MISSING = "attribute-missing": Xml, Read, "the schema of the domain format",
        help "add the attribute";
    /// The text of an element is a value that the domain format allows for it.
    ELEMENT_VALUE = "element-value": Xml, Read,
        "the domain format defines the words or the range of numbers of each element with a text",
        help "write a value that the domain format has for the element";
    /// A child element that is mandatory for its element is given.
    ELEMENT_MISSING = "element-missing": Xml, Read, "the schema of the domain format",
        help "add the element";
    /// The `unit` of a size is one of the domain format's units.
    UNIT = "unit": InvalidArgument, Read,
        "`unit=` of `<memory>`, `<size>` and other sizes: powers of 1024 (`KiB`) or of 1000 (`KB`)",
        help "use `bytes`, `KB`, `KiB`, `MB`, `MiB`, `GB`, `GiB`, `TB`, `TiB`, `PB`, `PiB`, `EB` or `EiB`";
    /// A size is below 2^64 bytes.
    SIZE_RANGE = "size-range": Overflow, Read, "libvirt keeps sizes as 64-bit numbers of bytes",
        help "use a smaller number or a smaller `unit=`";
}

/// The units of sizes.
const UNITS: [&str; 13] =
    ["bytes", "KiB", "KB", "MiB", "MB", "GiB", "GB", "TiB", "TB", "PiB", "PB", "EiB", "EB"];

/// The class of a bad value: an unsupported configuration where libvirt parsed the attribute itself, an XML error since
/// it reads the attribute with a `virXMLProp*` function. The first of these functions came with 7.3, and attributes
/// were changed over to them one by one; it is known that 9.0 reads this one so.
pub(crate) const UNSUPPORTED_BEFORE_9_0: Classes =
    Classes::always(Class::Xml).before("9.0", Class::Unsupported);

/// As [`UNSUPPORTED_BEFORE_9_0`], for an attribute that 9.0 does not read with such a function, and 11.3 does.
pub(crate) const UNSUPPORTED_BEFORE_11_3: Classes =
    Classes::always(Class::Xml).before("11.3", Class::Unsupported);

/// As [`UNSUPPORTED_BEFORE_11_3`], for what was an internal error.
pub(crate) const INTERNAL_BEFORE_11_3: Classes = Classes::always(Class::Xml).before("11.3", Class::Internal);

/// As [`UNSUPPORTED_BEFORE_9_0`], without a class before.
pub(crate) const PLAIN_BEFORE_9_0: Classes = Classes::always(Class::Xml).before("9.0", Class::Plain);

/// As [`UNSUPPORTED_BEFORE_9_0`], an internal error before.
pub(crate) const INTERNAL_BEFORE_9_0: Classes = Classes::always(Class::Xml).before("9.0", Class::Internal);

/// The context of reading: the release, and the problems found so far.
#[derive(Debug, Default)]
pub struct Reader {
    /// The release whose format is read.
    pub release: Release,
    /// The problems found so far.
    pub report: Report,
}

impl Reader {
    /// A reader of the domain format of `release`.
    pub fn new(release: Release) -> Self {
        Self { release, report: Report::new() }
    }

    /// Reports that `rule` is broken, unless the release does not have the rule.
    #[cold]
    pub fn refuse(&mut self, rule: &'static Rule, place: impl Into<Place>, message: impl Into<Message>) {
        if rule.releases.contains(self.release) {
            self.report.push(rule.problem(self.release, place, message));
        }
    }

    /// As [`Reader::refuse`], for `second`, a child element that is there once more: with a label at the first.
    #[cold]
    pub(crate) fn refuse_second(&mut self, rule: &'static Rule, second: El<'_>, message: impl Into<Message>) {
        let message = message.into();
        let first = second.parent().and_then(|around| around.child(second.name()));
        let message = match first {
            Some(first) => message.with_first(first.pos()),
            None => message,
        };
        self.refuse(rule, second.pos(), message);
    }

    /// As [`Reader::refuse`], with a class that depends on the attribute or element.
    #[cold]
    pub fn refuse_as(
        &mut self,
        classes: impl Into<Classes>,
        rule: &'static Rule,
        place: impl Into<Place>,
        message: impl Into<Message>,
    ) {
        let class = classes.into().of(self.release);
        self.report.push(rule.problem(self.release, place, message).with_class(class));
    }

    /// Whether the release has what version `since` of libvirt added; earlier releases ignore it.
    #[allow(clippy::inline_always, reason = "where it is inlined, the version is read when this is compiled")]
    #[inline(always)]
    pub fn knows(&self, since: &'static str) -> bool {
        Span::ALWAYS.since(since).contains(self.release)
    }

    /// The attribute `name`; a bad value is an XML error.
    pub fn attr<T: Value>(&mut self, el: El<'_>, name: &'static str) -> Option<T> {
        self.attr_as(Class::Xml, el, name)
    }

    /// As [`Reader::attr`], for an attribute that version `since` of libvirt added; earlier releases ignore it.
    #[allow(clippy::inline_always, reason = "as `knows`")]
    #[inline(always)]
    pub fn attr_since<T: Value>(&mut self, since: &'static str, el: El<'_>, name: &'static str) -> Option<T> {
        el.question(|| Question::Since(name.to_owned(), since));
        self.knows(since).then(|| self.attr(el, name)).flatten()
    }

    /// The attribute `name` as a text, where it came with libvirt `since`: earlier releases ignore it.
    pub fn string_since(&self, since: &'static str, el: El<'_>, name: &str) -> Option<String> {
        el.question(|| Question::Since(name.to_owned(), since));
        if self.knows(since) { el.string(name) } else { None }
    }

    /// The first child `name`, where it came with libvirt `since`: earlier releases ignore it.
    pub fn child_since<'a>(&self, since: &'static str, el: El<'a>, name: &str) -> Option<El<'a>> {
        el.question(|| Question::Since(name.to_owned(), since));
        if self.knows(since) { el.child(name) } else { None }
    }

    /// The children `name` in libvirt's namespace for QEMU, where they came with libvirt `since`: earlier releases ignore
    /// them.
    pub(crate) fn qemu_children_since<'a>(
        &self,
        since: &'static str,
        el: El<'a>,
        name: &'static str,
    ) -> impl Iterator<Item = El<'a>> + use<'a> {
        el.question(|| Question::Since(format!("{}{name}", tree::QEMU_PREFIX), since));
        self.knows(since).then(|| el.qemu_children(name)).into_iter().flatten()
    }

    /// As [`Reader::attr`], with the class of a bad value.
    pub fn attr_as<T: Value>(
        &mut self,
        classes: impl Into<Classes>,
        el: El<'_>,
        name: &'static str,
    ) -> Option<T> {
        self.attr_with(classes.into(), el, name, None)
    }

    /// As [`Reader::attr_as`], for an attribute that may have the word `neutral` too, which is the same as no attribute.
    pub(crate) fn attr_unless<T: Value>(
        &mut self,
        classes: impl Into<Classes>,
        el: El<'_>,
        name: &'static str,
        neutral: &'static str,
    ) -> Option<T> {
        if el.get(name) == Some(neutral) {
            return None;
        }
        self.attr_with(classes.into(), el, name, Some(neutral))
    }

    fn attr_with<T: Value>(
        &mut self,
        classes: Classes,
        el: El<'_>,
        name: &'static str,
        neutral: Option<&'static str>,
    ) -> Option<T> {
        let text = el.get_word(name, || T::every_word(self.release))?;
        match T::parse(text) {
            Ok(value) if value.in_releases().contains(self.release) => return Some(value),
            Ok(value) => self.refuse_later_value(classes, el, name, value.in_releases()),
            Err(expected) => {
                let words = neutral.into_iter().chain(T::words(self.release)).collect();
                self.refuse_value(classes, el, name, &expected, words);
            }
        }
        None
    }

    /// The attribute `name`, of which libvirt ignores a value that it cannot read.
    pub(crate) fn lenient<T: Value>(&self, el: El<'_>, name: &'static str) -> Option<T> {
        let text = el.get_word(name, || T::every_word(self.release))?;
        let value = T::parse(text).map_err(|expected| {
            el.ignored(el.pos().attr(name), |place| {
                let what = format!("value `{text}` of `{name}` of `<{}>` is ignored", el.name());
                bad_value(what, place, text, &expected, T::words(self.release))
            });
        });
        value.ok()
    }

    /// The text of `el`, which libvirt ignores where it cannot read it.
    pub(crate) fn lenient_text<T: Value>(&self, el: El<'_>) -> Option<T> {
        let text = el.text_ref();
        if text.is_empty() {
            return None;
        }
        let value = T::parse(&text).map_err(|expected| {
            el.ignored(el.pos().into(), |place| {
                let what = format!("value `{text}` in `<{}>` is ignored", el.name());
                bad_value(what, place, &text, &expected, T::words(self.release))
            });
        });
        value.ok()
    }

    /// Whether the release followed has `el`, an element of a list such as `<features>` that `releases` have. One that it
    /// does not have is refused.
    pub(crate) fn knows_element(&mut self, classes: impl Into<Classes>, el: El<'_>, releases: Span) -> bool {
        if releases.contains(self.release) {
            return true;
        }
        let around = el.parent().map_or("", El::name);
        let what = format!("`<{}>` of `<{around}>`", el.name());
        self.refuse_not_in_release(classes, el.pos(), &what, releases);
        false
    }

    /// The attribute `name` as a set of CPUs or NUMA nodes. A text that is not a set is an invalid argument; an empty
    /// set has the class `class`.
    pub fn number_set(&mut self, class: Class, el: El<'_>, name: &'static str) -> Option<NumberSet> {
        let set: NumberSet = self.attr_as(Class::InvalidArgument, el, name)?;
        if set.is_empty() {
            let text = el.get(name).unwrap_or_default();
            let message = format!("`{name}` of `<{}>` is `{text}`, which names no number", el.name());
            self.refuse_as(class, &NUMBER_SET_EMPTY, el.pos().attr(name), message);
            return None;
        }
        Some(set)
    }

    /// The mandatory attribute `name`.
    pub fn required<T: Value>(&mut self, el: El<'_>, name: &'static str) -> Option<T> {
        self.required_as(Class::Xml, Class::Xml, el, name)
    }

    /// As [`Reader::required`], with the class of a missing attribute and that of a bad value.
    pub fn required_as<T: Value>(
        &mut self,
        missing: impl Into<Classes>,
        bad: impl Into<Classes>,
        el: El<'_>,
        name: &'static str,
    ) -> Option<T> {
        if el.get(name).is_some() {
            return self.attr_as(bad, el, name);
        }
        self.refuse_as(missing, &ATTRIBUTE_MISSING, el.pos().attr(name), missing_attribute(el, name));
        None
    }

    /// The text of `el` as a value.
    pub fn text<T: Value>(&mut self, el: El<'_>) -> Option<T> {
        self.text_as(Class::Xml, el)
    }

    /// As [`Reader::text`], with the class of a bad value. An empty text is read as absent.
    pub fn text_as<T: Value>(&mut self, class: impl Into<Classes>, el: El<'_>) -> Option<T> {
        el.question(|| Question::TextWords(T::every_word(self.release)));
        let text = el.text_ref();
        if text.is_empty() {
            return None;
        }
        match T::parse(&text) {
            Ok(value) if value.in_releases().contains(self.release) => return Some(value),
            Ok(value) => {
                let what = format!("value `{text}` in `<{}>`", el.name());
                self.refuse_not_in_release(class, el.pos(), &what, value.in_releases());
            }
            Err(expected) => {
                let what = format!("bad value `{text}` in `<{}>`", el.name());
                let expected = meant::expected(el.name(), "", &expected);
                let message = bad_value(what, el.pos().into(), &text, expected, T::words(self.release));
                self.refuse_as(class, &ELEMENT_VALUE, el.pos(), message);
            }
        }
        None
    }

    /// The text of the first child `name` as a value.
    pub fn child_text<T: Value>(&mut self, el: El<'_>, name: &str) -> Option<T> {
        el.child(name).and_then(|c| self.text(c))
    }

    /// The mandatory child `name`; without it there is an XML error.
    pub fn need<'a>(&mut self, el: El<'a>, name: &'static str) -> Option<El<'a>> {
        let child = el.child(name);
        if child.is_none() {
            let message = Message::new(format!("`<{}>` has no `<{name}>`", el.name()));
            let message = message.with_help(format!("add `<{name}>` to `<{}>`", el.name()));
            self.refuse(&ELEMENT_MISSING, el.pos().path(name), message);
        }
        child
    }
}

/// The place of the first with the same `key`; `None` for the first itself, whose place is kept.
pub(crate) fn earlier<K: Eq + Hash>(seen: &mut HashMap<K, Pos>, key: K, pos: Pos) -> Option<Pos> {
    match seen.entry(key) {
        Entry::Occupied(first) => Some(*first.get()),
        Entry::Vacant(free) => {
            free.insert(pos);
            None
        }
    }
}

/// The place of `name=` on `el`.
pub fn attr_place(el: El<'_>, name: &'static str) -> Place {
    el.pos().attr(name)
}

/// An element of the domain format, which can be read and written.
pub trait Element: Sized {
    /// Reads the element from `el` and reports problems to `r`. `None` where a mandatory value is missing.
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self>;
    /// Writes the element.
    fn write(&self, w: &mut crate::write::Writer);
}

/// Reads the first child `name`.
pub fn one<T: Element>(el: El<'_>, name: &str, r: &mut Reader) -> Option<T> {
    el.child(name).and_then(|c| T::read(c, r))
}

/// Reads every child `name`.
pub fn all<T: Element>(el: El<'_>, name: &str, r: &mut Reader) -> Vec<T> {
    el.children(name).filter_map(|c| T::read(c, r)).collect()
}

/// Reads every child `name`, where they came with libvirt `since`: earlier releases ignore them.
pub(crate) fn all_since<T: Element>(since: &'static str, el: El<'_>, name: &str, r: &mut Reader) -> Vec<T> {
    el.question(|| Question::Since(name.to_owned(), since));
    if r.knows(since) { all(el, name, r) } else { Vec::new() }
}

/// Writes an optional element.
pub fn write_opt<T: Element>(value: Option<&T>, w: &mut crate::write::Writer) {
    if let Some(value) = value {
        value.write(w);
    }
}

/// Writes every element of a list.
pub fn write_all<T: Element>(values: &[T], w: &mut crate::write::Writer) {
    for value in values {
        value.write(w);
    }
}

/// Formats a number as hexadecimal with `0x` and at least `width` digits.
pub fn hex(number: impl Into<u64>, width: usize) -> impl Display {
    format!("0x{:0width$x}", number.into())
}
