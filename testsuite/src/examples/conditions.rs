//! The conditions under which an example is judged: a release, a QEMU and a host.

use std::fmt::Write as _;

use virtargv::examples::Example;
use virtargv::{Arch, Cap, Caps, Host, Level, Levels, Override, Release, Request, Severity, Source, builtin};

use crate::definitions::DEFINITIONS;
use crate::matrix::{Case, HostKind, LineFor, Qemu, cases};

/// The name of the conditions of definitions that a host returns.
const DEFINITION: &str = "definition";

/// The conditions.
#[derive(Debug, Clone)]
pub enum Conditions {
    /// Those of `virtargv check` with these options.
    Check {
        /// `--release`
        release: Release,
        /// `--caps builtin:`; without it the set is chosen by the document's architecture.
        set: Option<&'static str>,
        /// `--flag`
        with: Vec<Cap>,
        /// `--no-flag`
        without: Vec<Cap>,
    },
    /// Those of a case.
    Case(&'static Case),
    /// The document is the definition of a network, network port or storage pool.
    Definition,
}

/// A problem that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The id of its rule.
    pub id: &'static str,
    /// What the rule says to do.
    pub help: &'static str,
    /// Whether it refuses the document.
    pub is_error: bool,
    /// What is wrong.
    pub message: String,
    /// Its first byte.
    pub at: Option<usize>,
}

impl Conditions {
    /// Those of `virtargv check` under this release.
    pub fn under(release: Release) -> Self {
        Self::Check { release, set: None, with: Vec::new(), without: Vec::new() }
    }

    /// Those of `case`, from the most usual to its own.
    pub fn of(case: &'static Case) -> Vec<Self> {
        let check = |release, set| Self::Check { release, set, with: Vec::new(), without: Vec::new() };
        let mut all = vec![check(Release::default(), None), check(case.release, None)];
        if let Qemu::Builtin(name) | Qemu::BuiltinWith(name, _) | Qemu::BuiltinWithout(name, _) = case.qemu {
            all.push(check(Release::default(), Some(name)));
            all.push(check(case.release, Some(name)));
            let (with, without): (&[Cap], &[Cap]) = match case.qemu {
                Qemu::BuiltinWith(_, flags) => (flags, &[]),
                Qemu::BuiltinWithout(_, flags) => (&[], flags),
                _ => (&[], &[]),
            };
            let (with, without) = (with.to_vec(), without.to_vec());
            all.push(Self::Check { release: case.release, set: Some(name), with, without });
        }
        all.push(Self::Case(case));
        all
    }

    /// Those of an example.
    ///
    /// # Errors
    /// They are not known.
    pub fn of_example(example: &Example) -> Result<Self, String> {
        let Some(elsewhere) = example.elsewhere else { return Self::of_options(example.options) };
        if elsewhere.case == DEFINITION {
            return Ok(Self::Definition);
        }
        let case = cases().find(|case| case.id() == elsewhere.case);
        case.map(Self::Case).ok_or_else(|| format!("there is no case '{}'", elsewhere.case))
    }

    fn of_options(options: &str) -> Result<Self, String> {
        let (mut release, mut set, mut with, mut without) =
            (Release::default(), None, Vec::new(), Vec::new());
        let mut words = options.split_whitespace();
        while let Some(option) = words.next() {
            let value = words.next().ok_or("an option without a value")?;
            let flag = || value.parse::<Cap>().map_err(|e| e.to_string());
            match option {
                "--release" => release = value.parse().map_err(|e| format!("{e}"))?,
                "--caps" => set = builtin::names().find(|name| value.strip_prefix("builtin:") == Some(name)),
                "--flag" => with.push(flag()?),
                "--no-flag" => without.push(flag()?),
                _ => return Err(format!("unknown option '{option}'")),
            }
        }
        Ok(Self::Check { release, set, with, without })
    }

    /// The line of `examples.txt` that says them, with the line break; empty for those of `virtargv check` without options.
    pub fn line(&self) -> String {
        match self {
            Self::Definition => {
                format!("* {DEFINITION} a definition that the host returns for a name in a domain\n")
            }
            Self::Case(case) => format!("* {} {}\n", case.id(), words(case)),
            Self::Check { release, set, with, without } => {
                let mut out = String::new();
                if *release != Release::default() {
                    let _ = write!(out, " --release {release}");
                }
                if let Some(set) = set {
                    let _ = write!(out, " --caps builtin:{set}");
                }
                for (option, flags) in [("--flag", with), ("--no-flag", without)] {
                    for flag in flags {
                        let _ = write!(out, " {option} {}", flag.name());
                    }
                }
                if out.is_empty() { out } else { format!("@{out}\n") }
            }
        }
    }

    /// Makes ready what judging documents needs.
    ///
    /// # Errors
    /// There is no such set of capabilities.
    pub fn judge(&self) -> Result<Judge, String> {
        let judge =
            |caps, host| Judge { caps, host, define: false, line_for: LineFor::Launcher, adapts: false };
        Ok(match self {
            Self::Definition => judge(CapsOf::Definition, HostKind::Unknown.host(Release::default())),
            Self::Case(case) => Judge {
                define: case.define,
                line_for: case.line_for,
                ..judge(CapsOf::Fixed(Box::new(case.caps()?)), case.host.host(case.release))
            },
            Self::Check { release, set, with, without } => {
                let caps = match set {
                    None => CapsOf::Architecture(*release),
                    Some(name) => {
                        let set = builtin::get(name, *release)
                            .ok_or_else(|| format!("no built-in set '{name}'"))?;
                        let edit = with.iter().fold(set.edit(), |edit, &flag| edit.set(flag));
                        CapsOf::Fixed(Box::new(
                            without.iter().fold(edit, |edit, &flag| edit.clear(flag)).build(),
                        ))
                    }
                };
                Judge { adapts: true, ..judge(caps, HostKind::Unknown.host(*release)) }
            }
        })
    }
}

/// What is special about a case, as words.
fn words(case: &Case) -> String {
    let qemu = match case.qemu {
        Qemu::Flags(arch, flags) => {
            let names: Vec<&str> = flags.iter().map(|flag| flag.name()).collect();
            let of = format!("a QEMU for {arch}");
            if names.is_empty() {
                of + " without any flag"
            } else {
                format!("{of} with the flags {} only", names.join(", "))
            }
        }
        Qemu::Builtin(name)
        | Qemu::BuiltinOf(name, _)
        | Qemu::BuiltinWith(name, _)
        | Qemu::BuiltinWithout(name, _) => {
            format!("a QEMU like builtin:{name}")
        }
    };
    let line_for = match case.line_for {
        LineFor::Launcher => "",
        LineFor::Shell => ", a line for a shell",
        LineFor::Reader => ", a line that is to be read only",
    };
    format!("libvirt {}, {qemu}, {}{line_for}", case.release, case.host.words())
}

/// The capabilities of a judge.
enum CapsOf {
    Fixed(Box<Caps>),
    /// The newest built-in set for the document's architecture.
    Architecture(Release),
    Definition,
}

/// Judges documents.
pub struct Judge {
    caps: CapsOf,
    host: Box<dyn Host>,
    define: bool,
    line_for: LineFor,
    /// Whether the host is of the document's architecture.
    adapts: bool,
}

impl Judge {
    /// The problems of a document; `None` where no QEMU is known for it.
    pub fn problems(&self, text: &str) -> Option<Vec<Found>> {
        let arch = || virtargv::arch_of(text).unwrap_or(Arch::X86_64);
        let chosen;
        let caps = match &self.caps {
            CapsOf::Fixed(caps) => &**caps,
            CapsOf::Architecture(release) => {
                chosen = newest(arch(), *release)?;
                chosen
            }
            CapsOf::Definition => return Some(definition(text)),
        };
        let of_document = Override::new(&*self.host).with_arch(arch());
        let host: &dyn Host = if self.adapts { &of_document } else { &*self.host };
        let mut request = Request::new(caps, host);
        request.read.abi_update = self.define;
        request.start.runner = self.line_for.runner();
        let report = virtargv::check(text, &request, &with_advice());
        let source = Source::new(text);
        let found = report.iter().map(|problem| Found {
            id: problem.id(),
            help: problem.rule.help,
            message: problem.message.clone(),
            is_error: problem.severity == Severity::Error,
            at: source.locate(&problem.place).map(|frame| frame.range.start),
        });
        Some(found.collect())
    }
}

/// The levels with which all lints are on.
fn with_advice() -> Levels {
    let mut levels = Levels::default();
    // The group is there, and without it the examples of its lints are missed.
    let _ = levels.set("advice", Level::Warn);
    levels
}

/// The newest built-in set for guests of an architecture. Each is loaded once.
fn newest(arch: Arch, release: Release) -> Option<&'static Caps> {
    type Sets = Vec<(Release, Vec<Caps>)>;
    static SETS: std::sync::LazyLock<Sets> = std::sync::LazyLock::new(|| {
        let all = |release| {
            let mut sets: Vec<Caps> =
                builtin::names().filter_map(|name| builtin::get(name, release)).collect();
            sets.sort_by_key(|caps| std::cmp::Reverse(caps.version()));
            (release, sets)
        };
        Release::ALL.iter().map(|release| all(*release)).collect()
    });
    let (_, sets) = SETS.iter().find(|(known, _)| *known == release)?;
    sets.iter().find(|caps| virtargv_resolve::runs(caps.arch(), arch))
}

/// The problems of a definition, read as the kind of its root element.
fn definition(text: &str) -> Vec<Found> {
    let kinds = ["<networkport", "<network", "<pool"];
    let kind = |text: &str| kinds.iter().position(|kind| text.starts_with(kind));
    let reader = DEFINITIONS.iter().find(|definition| kind(definition.text) == kind(text));
    let report = reader.and_then(|definition| definition.report_of(text)).unwrap_or_default();
    let found = report.iter().map(|problem| Found {
        id: problem.id(),
        help: problem.rule.help,
        message: problem.message.clone(),
        is_error: true,
        at: None,
    });
    found.collect()
}
