//! The project's own matrix: documents, and their results under a release and QEMU.
//!
//! A row of [`FAMILIES`] is a document in `testsuite/matrix/NAME.xml`, its capabilities, and the expected outcome. The
//! result is in the golden file beside the document, `ID.args` or `ID.err`; `BLESS=1` writes the golden files.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::wrap;
use virtargv::{Arch, Cap, Caps, Format, Release, Report, Request, Run, Severity, Source, Stage, builtin};
use virtargv_caps::{Accel, Machine};
use virtargv_host::Runner;

mod cases;
mod host;

pub use cases::FAMILIES;
pub use host::HostKind;

/// Every case, family by family.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// The capabilities of a case.
#[derive(Debug, Clone, Copy)]
pub enum Qemu {
    /// These flags only, with the usual machine types.
    Flags(Arch, &'static [Cap]),
    /// A built-in set.
    Builtin(&'static str),
    /// A built-in set with these flags added.
    BuiltinWith(&'static str, &'static [Cap]),
    /// A built-in set as that of a QEMU of this version.
    BuiltinOf(&'static str, u32),
    /// A built-in set without these flags.
    BuiltinWithout(&'static str, &'static [Cap]),
}

/// The expected outcome of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// A command line.
    Argv,
    /// It is refused while it is read, completed or validated.
    ParseError,
    /// It is refused while the command line is built.
    Failure,
}

/// One row of the matrix.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The file name of the document, without its suffix.
    pub name: &'static str,
    /// Distinguishes rows of the same document; can be empty.
    pub variant: &'static str,
    /// The release that is followed.
    pub release: Release,
    /// The capabilities.
    pub qemu: Qemu,
    /// The expected outcome.
    pub expect: Expect,
    /// What the command line is for. For a shell, the golden file has the needs too.
    pub line_for: LineFor,
    /// Whether `live.rs` starts the guest on a real QEMU.
    pub live: bool,
    /// The host.
    pub host: HostKind,
    /// Whether the document is a new definition, whose guest ABI can be updated.
    pub define: bool,
}

/// What a command line is for, see [`Runner`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineFor {
    /// A launcher.
    Launcher,
    /// A shell.
    Shell,
    /// Reading only.
    Reader,
}

impl LineFor {
    /// As an option of the start.
    pub fn runner(self) -> Runner {
        match self {
            Self::Launcher => Runner::Launcher,
            Self::Shell => Runner::Shell("/run/guest".to_owned()),
            Self::Reader => Runner::Reader,
        }
    }
}

/// The latest and the oldest built-in set for x86_64.
const X86: Qemu = Qemu::Builtin("qemu-10.0-x86_64");
const OLD_X86: Qemu = Qemu::Builtin("qemu-7.2-x86_64");

/// A row for the latest QEMU under the latest release, whose outcome is a command line.
const fn modern(name: &'static str) -> Case {
    let (release, qemu, expect) = (Release::V11_3, X86, Expect::Argv);
    Case {
        name,
        variant: "",
        release,
        qemu,
        expect,
        line_for: LineFor::Launcher,
        live: false,
        host: HostKind::Usual,
        define: false,
    }
}

/// A row for the latest QEMU under release 12.9, whose outcome is a command line.
const fn current(name: &'static str) -> Case {
    Case { release: Release::V12_9, ..modern(name) }
}

/// A row for the oldest QEMU under release 7.0, whose outcome is a command line.
const fn classic(name: &'static str) -> Case {
    Case { release: Release::V7_0, qemu: OLD_X86, ..modern(name) }
}

impl Case {
    /// The guest is started on a real QEMU too.
    const fn live(self) -> Self {
        Self { live: true, ..self }
    }

    /// With another host.
    const fn host(self, host: HostKind) -> Self {
        Self { host, ..self }
    }

    /// The document is a new definition.
    const fn define(self) -> Self {
        Self { define: true, ..self }
    }

    /// With other capabilities.
    const fn on(self, qemu: Qemu) -> Self {
        Self { qemu, ..self }
    }

    /// With a name that distinguishes the row from others of the same document.
    const fn variant(self, variant: &'static str) -> Self {
        Self { variant, ..self }
    }

    /// The document is refused before a command line is built.
    const fn refused(self) -> Self {
        Self { expect: Expect::ParseError, ..self }
    }

    /// The document is refused when the command line is built.
    const fn fails(self) -> Self {
        Self { expect: Expect::Failure, ..self }
    }

    /// The command line is for a shell.
    const fn standalone(self) -> Self {
        Self { line_for: LineFor::Shell, variant: "standalone", ..self }
    }

    /// The command line is to be read only.
    const fn native(self) -> Self {
        Self { line_for: LineFor::Reader, variant: "native", ..self }
    }

    /// The name of its golden file, without its suffix.
    pub fn id(&self) -> String {
        let dot = if self.variant.is_empty() { "" } else { "." };
        format!("{}{dot}{}.{}", self.name, self.variant, self.release)
    }

    /// The name of its golden file.
    pub fn golden(&self) -> String {
        let ending = if self.expect == Expect::Argv { "args" } else { "err" };
        format!("{}.{ending}", self.id())
    }

    /// The capabilities of the case.
    pub fn caps(&self) -> Result<Caps, String> {
        let set = |name| builtin::get(name, self.release).ok_or_else(|| format!("no built-in set '{name}'"));
        match self.qemu {
            Qemu::Flags(arch, flags) => Ok(listed(self.release, arch, flags)),
            Qemu::Builtin(name) => set(name),
            Qemu::BuiltinWith(name, with) => {
                Ok(with.iter().fold(set(name)?.edit(), |edit, &flag| edit.set(flag)).build())
            }
            Qemu::BuiltinOf(name, version) => Ok(set(name)?.edit().version(version).build()),
            Qemu::BuiltinWithout(name, without) => {
                Ok(without.iter().fold(set(name)?.edit(), |edit, &flag| edit.clear(flag)).build())
            }
        }
    }

    /// Runs all stages on `document`.
    ///
    /// # Errors
    /// There is no such built-in set.
    pub fn outcome(&self, document: &str, line_for: LineFor) -> Result<Run, String> {
        self.asked(line_for, |request| virtargv::run(document, request))
    }

    /// Checks the invariants of `document`.
    ///
    /// # Errors
    /// One of them does not hold, or there is no such built-in set.
    pub fn keeps(&self, document: &str) -> Result<(), String> {
        let kept =
            self.asked(self.line_for, |request| virtargv_invariants::document::check_with(document, request));
        kept?.map_err(|fault| fault.to_string())
    }

    /// What `answer` says to the request of this case.
    pub(crate) fn asked<T>(
        &self,
        line_for: LineFor,
        answer: impl FnOnce(&Request<'_>) -> T,
    ) -> Result<T, String> {
        let caps = self.caps()?;
        let host = host::host(self.host, self.release);
        let mut request = Request::new(&caps, &*host);
        request.read.abi_update = self.define;
        request.start.runner = line_for.runner();
        Ok(answer(&request))
    }

    /// Runs all stages on `document`. Returns the text for the golden file.
    ///
    /// # Errors
    /// The outcome is not the expected one.
    pub fn run(&self, document: &str) -> Result<String, String> {
        let Run { command_line, report, .. } = self.outcome(document, self.line_for)?;
        let got = match (&command_line, report.first()) {
            (Some(_), _) => Expect::Argv,
            (None, Some(first)) if first.stage == Stage::Build => Expect::Failure,
            (None, _) => Expect::ParseError,
        };
        let shown = match command_line {
            Some(line) => {
                let columns = wrap(self.release);
                let needs = if self.line_for == LineFor::Shell { line.explain() } else { String::new() };
                needs + &line.print(Format::Args, columns)
            }
            None => show(document, &report),
        };
        if got == self.expect {
            Ok(shown)
        } else {
            Err(format!("expected {:?}, got {got:?}:\n{shown}", self.expect))
        }
    }
}

/// The documents of guests that are started on a real QEMU, with their rows.
pub fn live_documents() -> BTreeMap<&'static str, Vec<&'static Case>> {
    let mut documents: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for case in cases().filter(|case| case.live) {
        documents.entry(case.name).or_default().push(case);
    }
    documents
}

/// A set with these flags and the usual machine types.
fn listed(release: Release, arch: Arch, flags: &[Cap]) -> Caps {
    let machines: &[&str] = match arch {
        Arch::X86_64 | Arch::I686 => &["pc", "q35", "isapc"],
        Arch::Ppc64 => &["pseries"],
        Arch::S390x => &["s390-ccw-virtio"],
        _ => &["virt"],
    };
    let mut builder = Caps::builder(release, arch).set(Cap::Tcg).set(Cap::Kvm).flags(flags.iter().copied());
    for accel in [Accel::Kvm, Accel::Tcg] {
        for (n, name) in machines.iter().enumerate() {
            let machine = Machine { is_default: n == 0, ..Machine::named(*name) };
            builder = builder.machine(accel, machine);
        }
    }
    builder.build()
}

/// A report as text, one problem a line: place, stage, class and message, rule.
fn show(document: &str, report: &Report) -> String {
    let source = Source::new(document);
    let mut out = String::new();
    for p in report {
        let at = source.locate(&p.place).map_or_else(|| "-".into(), |f| format!("{}:{}", f.line, f.column));
        let note = if p.severity == Severity::Error { "" } else { "note: " };
        let _ = writeln!(out, "{at}: {}: {note}{p} [{}]", p.stage.id(), p.id());
    }
    out
}
