//! The project's own matrix: documents of ours, what they must give under which release and QEMU.
//!
//! A row of [`FAMILIES`] is a document in `testsuite/matrix/NAME.xml`, the QEMU it is for, and what is to come of it. What
//! exactly came of it is in the golden file beside the document, `ID.args` or `ID.err`; `BLESS=1` writes those anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use virtargv::{Arch, Cap, Caps, Format, Layout, Release, Report, Request, Run, Source, Stage, builtin};
use virtargv_caps::{Accel, Machine};
use virtargv_qemu_cmd::CLASSIC_WRAP;

mod cases;
mod host;

pub use cases::FAMILIES;
pub use host::HostKind;

/// Every case, family by family.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// The QEMU a case is for.
#[derive(Debug, Clone, Copy)]
pub enum Qemu {
    /// Just these flags, on machines with the usual names.
    Flags(Arch, &'static [Cap]),
    /// A built-in set.
    Builtin(&'static str),
    /// A built-in set with these flags on top.
    BuiltinWith(&'static str, &'static [Cap]),
    /// A built-in set without these flags.
    BuiltinWithout(&'static str, &'static [Cap]),
}

/// What is to come of a document.
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
    /// The document, without its ending.
    pub name: &'static str,
    /// Tells rows of one document apart; may be empty.
    pub variant: &'static str,
    /// Whose behaviour is followed.
    pub release: Release,
    /// The QEMU.
    pub qemu: Qemu,
    /// What is to come of it.
    pub expect: Expect,
    /// Whether the line is to run without a launcher; what the host has to have ready is then shown as well.
    pub standalone: bool,
    /// Whether a real QEMU is to start what the document describes.
    pub live: bool,
    /// The machine it is to run on.
    pub host: HostKind,
    /// Whether the document is read as a new definition, which need not be compatible with an earlier guest.
    pub define: bool,
}

/// The latest x86_64 QEMU that comes with the project, and the oldest.
const X86: Qemu = Qemu::Builtin("qemu-10.0-x86_64");
const OLD_X86: Qemu = Qemu::Builtin("qemu-7.2-x86_64");

/// A line for the latest QEMU under the latest release.
const fn modern(name: &'static str) -> Case {
    let (release, qemu, expect) = (Release::V11_3, X86, Expect::Argv);
    Case {
        name,
        variant: "",
        release,
        qemu,
        expect,
        standalone: false,
        live: false,
        host: HostKind::Usual,
        define: false,
    }
}

/// A line under the older release, for the oldest QEMU.
const fn classic(name: &'static str) -> Case {
    Case { release: Release::V7_0, qemu: OLD_X86, ..modern(name) }
}

impl Case {
    /// To be tried on a real QEMU as well.
    const fn live(self) -> Self {
        Self { live: true, ..self }
    }

    /// On another machine.
    const fn host(self, host: HostKind) -> Self {
        Self { host, ..self }
    }

    /// Read as a new definition.
    const fn define(self) -> Self {
        Self { define: true, ..self }
    }

    /// For another QEMU.
    const fn on(self, qemu: Qemu) -> Self {
        Self { qemu, ..self }
    }

    /// Another row of a document, which has this name.
    const fn variant(self, variant: &'static str) -> Self {
        Self { variant, ..self }
    }

    /// The document is refused before a line is built.
    const fn refused(self) -> Self {
        Self { expect: Expect::ParseError, ..self }
    }

    /// The line cannot be built.
    const fn fails(self) -> Self {
        Self { expect: Expect::Failure, ..self }
    }

    /// The line runs without a launcher.
    const fn standalone(self) -> Self {
        Self { standalone: true, variant: "standalone", ..self }
    }

    /// The name of its golden file, without its ending.
    pub fn id(&self) -> String {
        let dot = if self.variant.is_empty() { "" } else { "." };
        format!("{}{dot}{}.{}", self.name, self.variant, self.release)
    }

    /// The file name of its golden file.
    pub fn golden(&self) -> String {
        let ending = if self.expect == Expect::Argv { "args" } else { "err" };
        format!("{}.{ending}", self.id())
    }

    /// What the QEMU of the case can do.
    pub fn caps(&self) -> Result<Caps, String> {
        let set = |name| builtin::get(name, self.release).ok_or_else(|| format!("no built-in set '{name}'"));
        match self.qemu {
            Qemu::Flags(arch, flags) => Ok(listed(self.release, arch, flags)),
            Qemu::Builtin(name) => set(name),
            Qemu::BuiltinWith(name, with) => {
                Ok(with.iter().fold(set(name)?.edit(), |edit, &flag| edit.set(flag)).build())
            }
            Qemu::BuiltinWithout(name, without) => {
                Ok(without.iter().fold(set(name)?.edit(), |edit, &flag| edit.clear(flag)).build())
            }
        }
    }

    /// Runs `document` through the line; with `standalone` for a line that runs without a launcher.
    ///
    /// # Errors
    /// There is no such QEMU.
    pub fn outcome(&self, document: &str, standalone: bool) -> Result<Run, String> {
        let caps = self.caps()?;
        let host = host::host(self.host, self.release);
        let mut request = Request::new(&caps, &*host);
        request.read.abi_update = self.define;
        request.start.standalone = standalone.then(|| "/run/guest".to_owned());
        Ok(virtargv::run(document, &request))
    }

    /// Runs `document` through the line and shows what came of it as the golden file does.
    ///
    /// # Errors
    /// What came of it is not what the row expects.
    pub fn run(&self, document: &str) -> Result<String, String> {
        let Run { command_line, report, .. } = self.outcome(document, self.standalone)?;
        let got = match (&command_line, report.first()) {
            (Some(_), _) => Expect::Argv,
            (None, Some(first)) if first.stage == Stage::Build => Expect::Failure,
            (None, _) => Expect::ParseError,
        };
        let shown = match command_line {
            Some(line) => {
                let columns = (self.release == Release::V7_0).then_some(CLASSIC_WRAP);
                let needs = if self.standalone { line.explain() } else { String::new() };
                needs + &line.print_with(Format::Args, &Layout { wrap: columns, source: None })
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

/// The documents that a real QEMU is to start, with their rows.
pub fn live_documents() -> BTreeMap<&'static str, Vec<&'static Case>> {
    let mut documents: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for case in cases().filter(|case| case.live) {
        documents.entry(case.name).or_default().push(case);
    }
    documents
}

/// A set of hand-listed flags, with the machines a test is likely to name.
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

/// A report, one problem a line: place, stage, class and message, rule.
fn show(document: &str, report: &Report) -> String {
    let source = Source::new(document);
    let mut out = String::new();
    for p in report {
        let at = source.locate(&p.place).map_or_else(|| "-".into(), |f| format!("{}:{}", f.line, f.column));
        let _ = writeln!(out, "{at}: {}: {p} [{}]", p.stage.id(), p.id());
    }
    out
}
