//! Documents with many of one kind of device or list item, and how the time for them grows.
//!
//! [`kinds`] has a row for everything of which a document can hold any number. What a document costs is counted relative to
//! the bare parse of its text ([`Cost`]), and must not depend on the number of items.

mod devices;
mod sections;

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use virtargv::render::Renderer;
use virtargv::{Caps, FixedHost, Format, Level, Levels, Release, Request, Source, builtin, lint};
use virtargv_model::advice::apply;

use crate::clock::least;

/// The machine of a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// x86_64, `q35`.
    Q35,
    /// x86_64, `pc`.
    I440,
    /// ppc64, `pseries`.
    Ppc,
    /// s390x, `s390-ccw-virtio`.
    S390,
    /// aarch64, `virt`.
    Arm,
}

impl Machine {
    /// The architecture, the machine type, and the built-in set of capabilities.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Q35 => ("x86_64", "q35", "qemu-11.1-x86_64"),
            Self::I440 => ("x86_64", "pc", "qemu-11.1-x86_64"),
            Self::Ppc => ("ppc64", "pseries", "qemu-11.1-ppc64"),
            Self::S390 => ("s390x", "s390-ccw-virtio", "qemu-11.1-s390x"),
            Self::Arm => ("aarch64", "virt", "qemu-11.1-aarch64"),
        }
    }
}

/// A kind of device or list item.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// What it is called in reports.
    pub name: &'static str,
    /// The machine of the guest.
    pub machine: Machine,
    /// What is around the items in `<domain>`: `{items}`, `{others}` and `{count}`, the number of items.
    around: &'static str,
    /// An item. `{n}` is its number, `{next}` the one after it, `{down}` one that falls, `{high}` one above every range, `{t}` the
    /// number in letters, `{mac}` and `{uuid}` a MAC address and a UUID of its own.
    pub item: &'static str,
    /// As `item`, of the list that `{others}` stands for.
    others: &'static str,
    /// Whether `around` has the `<os>`.
    has_os: bool,
    /// The most items that are measured, where the number of an item has a range: beyond it items are refused, which costs
    /// another time. What is out of range has a row of its own.
    most: Option<usize>,
}

impl Kind {
    const fn new(name: &'static str, around: &'static str, item: &'static str) -> Self {
        Self { name, machine: Machine::Q35, around, item, others: "", has_os: false, most: None }
    }

    const fn on(self, machine: Machine) -> Self {
        Self { machine, ..self }
    }

    const fn inside(self, around: &'static str) -> Self {
        Self { around, ..self }
    }

    const fn with_others(self, others: &'static str) -> Self {
        Self { others, ..self }
    }

    const fn up_to(self, most: usize) -> Self {
        Self { most: Some(most), ..self }
    }

    /// The numbers of items that are compared, where others are compared with `few` and `many`.
    pub fn sizes(&self, (few, many): (usize, usize)) -> (usize, usize) {
        match self.most {
            Some(most) if most < many => ((few * most / many).max(most / 25), most),
            _ => (few, many),
        }
    }

    const fn alone(self) -> Self {
        Self { has_os: true, ..self }
    }

    /// A document with `count` items.
    pub fn document(&self, count: usize) -> String {
        let (arch, machine, _) = self.machine.names();
        let mut text = String::from(
            "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>grown</name>\
             <memory unit='GiB'>4</memory>",
        );
        if !self.has_os {
            let _ = write!(text, "<os><type arch='{arch}' machine='{machine}'>hvm</type></os>");
        }
        let many = |item: &str| (0..count).map(|n| filled(item, n)).collect::<String>();
        let inner = self.around.replace("{count}", &count.to_string());
        text.push_str(&inner.replace("{others}", &many(self.others)).replace("{items}", &many(self.item)));
        text.push_str("</domain>");
        text
    }

    /// What a document with `count` items costs, the least of `runs`.
    ///
    /// # Errors
    /// There is no such built-in set.
    pub fn cost(&self, count: usize, runs: usize) -> Result<Cost, String> {
        let (_, _, set) = self.machine.names();
        let release = Release::default();
        let caps = builtin::get(set, release).ok_or_else(|| format!("there is no built-in set `{set}`"))?;
        Ok(Cost::of(&self.document(count), &caps, runs))
    }
}

/// An item as the `n`th of its list.
fn filled(item: &str, n: usize) -> String {
    if !item.contains('{') {
        return item.to_owned();
    }
    let mac = format!("52:54:00:{:02x}:{:02x}:{:02x}", n >> 16 & 0xff, n >> 8 & 0xff, n & 0xff);
    item.replace("{n}", &n.to_string())
        .replace("{down}", &1_000_000_usize.saturating_sub(n).to_string())
        .replace("{next}", &n.saturating_add(1).to_string())
        .replace("{high}", &n.saturating_add(1_000_000).to_string())
        .replace("{t}", &letters(n))
        .replace("{mac}", &mac)
        .replace("{uuid}", &format!("2b7e1516-28ae-42d2-a6ab-{n:012x}"))
}

/// The name of the nth disk without its prefix: `a`, `b`, ..., `z`, `aa`, ...
pub(crate) fn letters(mut n: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'a' + u8::try_from(n % 26).unwrap_or(0)));
        match (n / 26).checked_sub(1) {
            Some(rest) => n = rest,
            None => break,
        }
    }
    letters.iter().rev().collect()
}

/// All kinds.
pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    devices::DEVICES.iter().chain(sections::SECTIONS)
}

/// The times for a document, each as often the bare parse of its text.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// The bare parse.
    pub parse: Duration,
    /// The command line, printed; or the refusal.
    pub line: f64,
    /// Everything that `check` says with all lints, rendered, and the document as it is mended.
    pub check: f64,
    /// Whether there is a command line.
    pub is_accepted: bool,
}

impl Cost {
    /// The cost of `text` under `caps`, the least of `runs`.
    pub fn of(text: &str, caps: &Caps, runs: usize) -> Self {
        let host = FixedHost::default();
        let request = Request::new(caps, &host);
        let levels = all_lints();
        let mut is_accepted = false;
        let parse = least(runs * 3, || {
            black_box(roxmltree::Document::parse(text).map(|document| document.descendants().count()).ok());
        });
        let line = least(runs, || {
            let line = virtargv::command_line(text, &request);
            is_accepted = line.is_ok();
            black_box(line.map(|line| line.print(Format::Args, None)).ok());
        });
        let check = least(runs, || {
            let report = virtargv::check(text, &request, &levels);
            let source = Source::new(text);
            black_box(apply(text, source.fixes(&report).replacements));
            black_box(Renderer::plain().report("grown", &source, &report));
        });
        let relative = |time: Duration| time.as_secs_f64() / parse.as_secs_f64().max(1e-9);
        Self { parse, line: relative(line), check: relative(check), is_accepted }
    }
}

/// All lints, those that only advise too.
fn all_lints() -> Levels {
    let mut levels = Levels::default();
    for rule in lint::all() {
        // Each id is known: it comes from the list.
        let _ = levels.set(rule.id, Level::Warn);
    }
    levels
}
