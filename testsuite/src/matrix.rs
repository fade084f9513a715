//! The project's own matrix: documents of ours, what they must give under which release and QEMU.
//!
//! A row of [`CASES`] is a document in `testsuite/matrix/NAME.xml`, the QEMU it is for, and what is to come of it. What
//! exactly came of it is in the golden file beside the document, `ID.args` or `ID.err`; `BLESS=1` writes those anew.

use std::fmt::Write as _;

use virtargv::{
    Arch, Cap, Caps, FixedHost, Format, Outcome, Release, Report, Request, Source, Stage, builtin,
};
use virtargv_caps::{Accel, Machine};
use virtargv_qemu_cmd::CLASSIC_WRAP;

mod cases;

pub use cases::CASES;

/// The QEMU a case is for.
#[derive(Debug, Clone, Copy)]
pub enum Qemu {
    /// Just these flags, on machines with the usual names.
    Flags(Arch, &'static [Cap]),
    /// A built-in set.
    Builtin(&'static str),
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
    /// Whether a real QEMU is to start what the document describes.
    pub live: bool,
}

impl Case {
    /// The same, to be tried on a real QEMU as well.
    #[must_use]
    pub const fn live(self) -> Self {
        Self { live: true, ..self }
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
            Qemu::BuiltinWithout(name, without) => {
                Ok(without.iter().fold(set(name)?.edit(), |edit, &flag| edit.clear(flag)).build())
            }
        }
    }

    /// Runs `document` through the line and shows what came of it as the golden file does.
    ///
    /// # Errors
    /// What came of it is not what the row expects.
    pub fn run(&self, document: &str) -> Result<String, String> {
        let caps = self.caps()?;
        let host = host(self.release);
        let Outcome { command_line, report, .. } = virtargv::run(document, &Request::new(&caps, &host));
        let got = match (&command_line, report.first()) {
            (Some(_), _) => Expect::Argv,
            (None, Some(first)) if first.stage == Stage::Build => Expect::Failure,
            (None, _) => Expect::ParseError,
        };
        let shown = match command_line {
            Some(line) => {
                let columns = (self.release == Release::V7_0).then_some(CLASSIC_WRAP);
                line.print(Format::Args, columns)
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

/// The cases that a real QEMU is to start.
pub fn live_cases() -> impl Iterator<Item = &'static Case> {
    CASES.iter().filter(|case| case.live)
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

/// Networks of the machine: a bridge, and a pool of PCI functions.
const NETWORKS: [(&str, &str); 2] = [
    ("bridged", "<network><name>bridged</name><forward mode='bridge'/><bridge name='br7'/></network>"),
    (
        "functions",
        "<network><name>functions</name><forward mode='hostdev' managed='yes'>
          <address type='pci' domain='0' bus='5' slot='0' function='1'/>
          <address type='pci' domain='0' bus='5' slot='0' function='2'/>
        </forward></network>",
    ),
];

/// The machine all cases run on.
fn host(release: Release) -> FixedHost {
    let mut host = FixedHost { now: 1_234_567_890, ..FixedHost::default() };
    for (name, value) in [("PATH", "/bin"), ("USER", "test"), ("LOGNAME", "test"), ("HOME", "/home/test")] {
        host.env.insert(name.to_owned(), value.to_owned());
    }
    for (name, definition) in NETWORKS {
        host.networks.insert(name.to_owned(), definition.into());
    }
    host.scsi_generic = Some("sg0".to_owned());
    if release == Release::V7_0 {
        "/tmp/lib".clone_into(&mut host.config.lib_dir);
        "/tmp/channel".clone_into(&mut host.config.channel_target_dir);
    }
    host
}

/// A report, one problem a line: place, stage, class and message, rule.
fn show(document: &str, report: &Report) -> String {
    let source = Source::new(document);
    let mut out = String::new();
    for p in report {
        let at = source.locate(&p.place).map_or_else(|| "-".into(), |f| format!("{}:{}", f.line, f.column));
        let _ = writeln!(out, "{at}: {}: {p} [{}]", p.stage.id(), p.rule);
    }
    out
}
