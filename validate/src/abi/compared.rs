//! Rows of what is compared, and what compares them.

use virtargv_model::info::DeviceInfo;
use virtargv_model::{Place, Pos, Release, Rule, Spelled};

use super::{Difference, address, virtio};
use virtargv_model::device::virtio::VirtioOptions;

virtargv_model::rules! {
    /// The guest keeps the number of its devices of each kind.
    COUNT = "abi-device-count": Unsupported, Validate,
        "`<devices>`: a guest sees every device that is added or removed",
        help "give the target the devices of the source, in the same order; what is added or removed while the guest runs is hotplug";
}

/// A value that is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// There is none.
    Absent,
    /// An element without a value is there.
    There,
    /// A word of the domain format.
    Word(&'static str),
    /// A number, written decimal.
    Number(u64),
    /// A size in KiB.
    Kib(u64),
    /// A size in bytes.
    Bytes(u64),
    /// A number, written hexadecimal.
    Hex(u64),
    /// A text.
    Text(String),
}

impl Value {
    /// A word of the domain format, where there is one.
    pub(super) fn word(word: Option<impl Spelled>) -> Self {
        word.map_or(Self::Absent, |word| Self::Word(word.as_str()))
    }

    /// A number, where there is one.
    pub(super) fn number(number: Option<impl Into<u64>>) -> Self {
        number.map_or(Self::Absent, |number| Self::Number(number.into()))
    }

    /// A number whose absence is 0.
    pub(super) fn or_zero(number: Option<impl Into<u64>>) -> Self {
        Self::Number(number.map_or(0, Into::into))
    }

    /// A size in bytes, where there is one.
    pub(super) fn bytes(size: Option<u64>) -> Self {
        size.map_or(Self::Absent, Self::Bytes)
    }

    /// A text, where there is one.
    pub(super) fn text(text: Option<&impl ToString>) -> Self {
        text.map_or(Self::Absent, |text| Self::Text(text.to_string()))
    }

    /// An element that is there or not.
    pub(super) fn there(is_there: bool) -> Self {
        if is_there { Self::There } else { Self::Absent }
    }

    /// The value as it is shown; `None` where there is none.
    fn shown(&self) -> Option<String> {
        Some(match self {
            Self::Absent => return None,
            Self::There => String::new(),
            Self::Word(word) => (*word).to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Kib(size) => format!("{size} KiB"),
            Self::Bytes(size) => format!("{size} bytes"),
            Self::Hex(number) => format!("{number:#x}"),
            Self::Text(text) => text.clone(),
        })
    }
}

/// A property that is compared.
pub(super) struct Row<T: 'static> {
    rule: &'static Rule,
    /// Where it is in the element, as in [`Place::path`].
    path: &'static str,
    value: fn(&T) -> Value,
    /// Whether the properties after it are not compared where it differs.
    is_key: bool,
}

/// A property that is compared.
pub(super) const fn row<T>(rule: &'static Rule, path: &'static str, value: fn(&T) -> Value) -> Row<T> {
    Row { rule, path, value, is_key: false }
}

/// As [`row`], of a property that says what the element is: where it differs, the properties after it are not compared.
pub(super) const fn key<T>(rule: &'static Rule, path: &'static str, value: fn(&T) -> Value) -> Row<T> {
    Row { rule, path, value, is_key: true }
}

/// Two elements that are compared.
#[derive(Debug, Clone)]
pub(super) struct At {
    /// The name of the element.
    pub(super) element: &'static str,
    /// Which of several it is, as messages name it: `vda`.
    pub(super) name: Option<String>,
    pub(super) source: Pos,
    pub(super) target: Pos,
}

impl At {
    /// The elements `element` at the two places.
    pub(super) fn of(element: &'static str, source: Pos, target: Pos) -> Self {
        Self { element, name: None, source, target }
    }
}

/// Collects the differences.
pub(super) struct Out {
    source: Pos,
    target: Pos,
    release: Release,
    found: Vec<Difference>,
}

impl Out {
    /// `source` and `target` are the places of the domains, which stand in for those of elements that are not in the text.
    pub(super) fn new(source: Pos, target: Pos, release: Release) -> Self {
        Self { source, target, release, found: Vec::new() }
    }

    pub(super) fn finish(self) -> Vec<Difference> {
        self.found
    }

    /// Compares two elements by `rows`. Returns whether all were compared, which a [`key`] that differs prevents.
    pub(super) fn rows<T>(&mut self, at: &At, rows: &[Row<T>], source: &T, target: &T) -> bool {
        let release = self.release;
        for row in rows.iter().filter(|row| row.rule.releases.contains(release)) {
            if !self.value(row.rule, at, row.path, &(row.value)(source), &(row.value)(target)) && row.is_key {
                return false;
            }
        }
        true
    }

    /// Compares two values. Returns whether they are equal.
    pub(super) fn value(
        &mut self,
        rule: &'static Rule,
        at: &At,
        path: &'static str,
        source: &Value,
        target: &Value,
    ) -> bool {
        if source == target {
            return true;
        }
        self.differs(rule, at, path, &written(at.element, path), source.shown(), target.shown());
        false
    }

    /// As [`Out::value`], for an element or attribute whose name is not constant: `what`, as messages write it.
    pub(super) fn named(&mut self, rule: &'static Rule, at: &At, what: &str, source: &Value, target: &Value) {
        if source != target {
            self.differs(rule, at, "", what, source.shown(), target.shown());
        }
    }

    /// Compares the numbers of elements or things `what`. Returns whether they are equal.
    pub(super) fn counts(
        &mut self,
        rule: &'static Rule,
        at: &At,
        what: &str,
        source: usize,
        target: usize,
    ) -> bool {
        if source != target {
            let shown = if what.starts_with('<') { format!("`{what}`") } else { what.to_owned() };
            let what = Subject { what: format!("number of {what}"), shown: format!("the number of {shown}") };
            self.report(rule, at, "", what, [Some(source.to_string()), Some(target.to_string())]);
        }
        source == target
    }

    /// Reports that `what` differs.
    pub(super) fn differs(
        &mut self,
        rule: &'static Rule,
        at: &At,
        path: &'static str,
        what: &str,
        before: Option<String>,
        after: Option<String>,
    ) {
        let subject = Subject { what: what.to_owned(), shown: format!("`{what}`") };
        self.report(rule, at, path, subject, [before, after]);
    }

    fn report(
        &mut self,
        rule: &'static Rule,
        at: &At,
        path: &'static str,
        Subject { what, shown }: Subject,
        [before, after]: [Option<String>; 2],
    ) {
        if !rule.releases.contains(self.release) {
            return;
        }
        // Where the name itself differs, the message has it already.
        let name = at.name.as_ref().filter(|name| after.as_ref() != Some(name));
        let of = name.map(|name| format!(" of `{name}`")).unwrap_or_default();
        let state = |value: &Option<String>| match value {
            None => "absent".to_owned(),
            Some(text) if text.is_empty() => "present".to_owned(),
            Some(text) => format!("`{text}`"),
        };
        let message = format!("{shown}{of} is {}, but {} in the source", state(&after), state(&before));
        let place = |pos: Pos, whole: Pos| match pos.offset() {
            Some(_) => pos.path(path),
            None => Place::from(whole),
        };
        self.found.push(Difference {
            problem: rule.problem(self.release, place(at.target, self.target), message),
            source: place(at.source, self.source),
            what,
            before,
            after,
        });
    }
}

/// What differs.
struct Subject {
    /// As in [`Difference::what`].
    what: String,
    /// As the message begins.
    shown: String,
}

/// An element and a path below it, as messages write it: `disk` and `target/@bus` are `<disk><target bus=>`.
pub(super) fn written(element: &str, path: &str) -> String {
    let mut out = format!("<{element}>");
    for step in path.split('/').filter(|step| !step.is_empty()) {
        if let Some(attribute) = step.strip_prefix('@') {
            out.pop();
            out.extend([" ", attribute, "=>"]);
        } else {
            out.extend(["<", step, ">"]);
        }
    }
    out
}

/// The `<driver>` of a device.
pub(super) enum Driver {
    /// Devices of the kind never have one.
    Never,
    /// The device has none, but can have one.
    Absent,
    /// The device has one, with these options of virtio.
    Options(VirtioOptions),
}

impl Driver {
    /// One with `options`, where it is written.
    pub(super) fn of(options: VirtioOptions, is_written: bool) -> Self {
        if is_written { Self::Options(options) } else { Self::Absent }
    }
}

/// A kind of device.
pub(super) trait Compared: Sized + 'static {
    /// Its element.
    const ELEMENT: &'static str;
    /// What is compared before the options of virtio and the address.
    const ROWS: &'static [Row<Self>];
    /// What is compared after the address.
    const LAST: &'static [Row<Self>] = &[];

    fn info(&self) -> &DeviceInfo;

    /// Which of several it is, as messages name it; without it, its alias, else its place among `<devices>`.
    fn name(&self) -> Option<String> {
        None
    }

    /// Its `<driver>`.
    fn driver(&self) -> Driver {
        Driver::Never
    }

    /// Compares what [`Compared::ROWS`] cannot say, before the options of virtio and the address.
    fn more(_source: &Self, _target: &Self, _at: &At, _out: &mut Out) {}
}

/// Compares the devices of a kind.
pub(super) fn list<T: Compared>(source: &[T], target: &[T], out: &mut Out) {
    if source.len() != target.len() {
        count(source, target, out);
        return;
    }
    let is_only = source.len() == 1;
    for (index, (source, target)) in source.iter().zip(target).enumerate() {
        let alias = || target.info().alias.clone().or_else(|| source.info().alias.clone());
        let place = || format!("devices/{}[{}]", T::ELEMENT, index.saturating_add(1));
        let name = target.name().or_else(alias).or_else(|| (!is_only).then(place));
        let at = At { element: T::ELEMENT, name, source: source.info().pos, target: target.info().pos };
        if !out.rows(&at, T::ROWS, source, target) {
            continue;
        }
        T::more(source, target, &at, out);
        virtio::compare(&source.driver(), &target.driver(), &at, out);
        address::compare(source.info(), target.info(), &at, out);
        out.rows(&at, T::LAST, source, target);
    }
}

/// Reports that the numbers of devices differ, at the first device at whose address the other side has none of the kind.
fn count<T: Compared>(source: &[T], target: &[T], out: &mut Out) {
    fn extra<T: Compared>(more: &[T], fewer: &[T]) -> Pos {
        let is_new = |device: &&T| {
            let address = &device.info().address;
            address.is_some() && !fewer.iter().any(|other| other.info().address == *address)
        };
        let found = more.iter().find(is_new).or_else(|| more.get(fewer.len()));
        found.map_or(Pos::NONE, |device| device.info().pos)
    }
    let (mut at, what) = (At::of("devices", Pos::NONE, Pos::NONE), format!("<{}>", T::ELEMENT));
    if target.len() > source.len() {
        at.target = extra(target, source);
    } else {
        at.source = extra(source, target);
    }
    out.counts(&COUNT, &at, &what, source.len(), target.len());
}
