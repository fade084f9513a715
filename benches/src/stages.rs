//! The stages of a command line, each with those before it, for what measures them.

use std::hint::black_box;

use virtargv::{Caps, FixedHost, Format, Levels, Release, Request, builtin};

use crate::{TYPICAL, document};

/// What is done with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// The bare parse of its XML by `roxmltree`, which is what everything else is relative to.
    Xml,
    /// Reading it into the model.
    Read,
    /// Completing it too.
    Resolve,
    /// Checking the rules too.
    Validate,
    /// Preparing and emitting its command line too.
    Build,
    /// Printing the command line too.
    Print,
    /// `check` with its lints, from the text to the report. It is not a stage: it comes after reading.
    Check,
}

impl Work {
    /// All of it, the stages in order.
    pub const ALL: [Self; 7] =
        [Self::Xml, Self::Read, Self::Resolve, Self::Validate, Self::Build, Self::Print, Self::Check];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Xml => "roxmltree",
            Self::Read => "read",
            Self::Resolve => "resolve",
            Self::Validate => "validate",
            Self::Build => "build",
            Self::Print => "print",
            Self::Check => "check",
        }
    }
}

/// A QEMU, a host, and documents that it accepts.
#[derive(Debug)]
pub struct Bench {
    caps: Caps,
    host: FixedHost,
}

impl Bench {
    /// The QEMU of all figures: 10.0 for x86_64, under release 11.3. `None` if there is no such built-in set.
    pub fn new() -> Option<Self> {
        let caps = builtin::get("qemu-10.0-x86_64", Release::V11_3)?;
        let bench = Self { caps, host: FixedHost::default() };
        // What is made once in a process, such as the index of machine types, is no cost of a document.
        for work in Work::ALL {
            bench.run(work, TYPICAL);
        }
        Some(bench)
    }

    /// Does the work with `text`, and throws the result away.
    pub fn run(&self, work: Work, text: &str) {
        let request = Request::new(&self.caps, &self.host);
        let read = || virtargv_model::parse_as(text, request.release());
        match work {
            Work::Xml => {
                black_box(roxmltree::Document::parse(text).map(|xml| xml.descendants().count())).ok();
            }
            Work::Read => drop(black_box(read())),
            Work::Resolve => drop(black_box(virtargv::resolve::resolve(read(), &request))),
            Work::Validate => {
                let resolved = virtargv::resolve::resolve(read(), &request);
                drop(black_box(virtargv::validate::validate(resolved, &request)));
            }
            Work::Build => drop(black_box(virtargv::command_line(text, &request))),
            Work::Print => {
                let line = virtargv::command_line(text, &request);
                black_box(line.map(|line| line.print(Format::Args, None))).ok();
            }
            Work::Check => drop(black_box(virtargv::check(text, &request, &Levels::default()))),
        }
    }

    /// Whether `text` has a command line.
    pub fn accepts(&self, text: &str) -> bool {
        virtargv::command_line(text, &Request::new(&self.caps, &self.host)).is_ok()
    }
}

/// The documents of the table of stages: their names and texts.
pub fn documents() -> Vec<(String, String)> {
    let sized = [1, 10, 100, 1000, 10_000].map(|disks| {
        let name = if disks == 1 { "1 disk".to_owned() } else { format!("{disks} disks") };
        (name, document(disks))
    });
    std::iter::once(("small server".to_owned(), TYPICAL.to_owned())).chain(sized).collect()
}
