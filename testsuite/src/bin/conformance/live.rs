//! `--live DIR`: what a real libvirt executed, against our command lines for the host it ran on, which a file describes.
//!
//! A case is a directory with `doc.xml`; `argv.json` and `env.json` if libvirt started the guest, else `error.txt`.

pub mod alike;

pub use alike::reason;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use virtargv::render::Renderer;
use virtargv::{Arch, Caps, Host, Override, Release, Request, Source};

use crate::corpus::read;
use crate::daemon::Daemon;
use crate::diff::{self, Line};
use crate::ratchet::Ratchet;
use crate::{Args, glob};

/// The host of a recording, and the capabilities of its QEMUs.
pub struct World {
    pub release: Release,
    pub daemon: Daemon,
    caps: PathBuf,
}

impl World {
    /// The world of the recordings in `dir`. Beside `recorded/RELEASE` there is `host/RELEASE`, with the capabilities in
    /// `qmp-caps` and the CPU definitions in `cpu_map`.
    pub fn load(dir: &Path, host: Option<&Path>) -> Result<Self, String> {
        let dir = std::fs::canonicalize(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let name = dir.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let release: Release = name.parse().map_err(|e| format!("{}: {e}", dir.display()))?;
        let facts = dir.join("../../host").join(name);
        let definitions = facts.join("cpu_map");
        let daemon = match host {
            Some(file) => Daemon::described(file, &definitions),
            None => Daemon::load(release, &definitions),
        }?;
        Ok(Self { release, daemon, caps: facts.join("qmp-caps") })
    }

    /// The capabilities of the QEMU that runs the document `text`.
    pub fn caps(&self, text: &str) -> Result<Caps, String> {
        let arch = virtargv::arch_of(text).unwrap_or(self.daemon.host.arch());
        let arch = if arch == Arch::I686 { "i386" } else { arch.qemu_name() };
        let path = self.caps.join(format!("qemu-system-{arch}.xml"));
        Caps::from_xml(&read(&path)?, self.release).map_err(|e| format!("{}: {e}", path.display()))
    }
}

/// The verdict on a case.
struct Verdict {
    name: String,
    kind: Kind,
    /// The differences, a line each.
    details: String,
}

/// How a case came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The same command line and environment.
    Same,
    /// Another command line or environment.
    Differs,
    /// We refuse what libvirt started.
    WronglyRefused,
    /// Refused by both, for the same reason.
    RefusedAlike,
    /// Refused by both, for another reason.
    RefusedOtherwise,
    /// libvirt refuses what we accept.
    Accepted,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Differs => "differs",
            Self::WronglyRefused => "wrongly refused",
            Self::RefusedAlike => "refused by both",
            Self::RefusedOtherwise => "refused for another reason",
            Self::Accepted => "refused by libvirt only",
        }
    }

    fn agrees(self) -> bool {
        matches!(self, Self::Same | Self::RefusedAlike)
    }

    /// Whether libvirt started the guest.
    fn is_line(self) -> bool {
        matches!(self, Self::Same | Self::Differs | Self::WronglyRefused)
    }
}

/// Compares all cases. Returns whether all of the ratchet agree.
pub fn measure(args: &Args, dir: &Path) -> Result<bool, String> {
    let world = World::load(dir, args.host.as_deref())?;
    let pattern = args.diff.as_deref().or(args.only.as_deref()).unwrap_or("*");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))?.flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        if entry.path().join("doc.xml").exists() && glob(pattern, &name) {
            names.push(name);
        }
    }
    names.sort();
    let verdicts: Vec<Verdict> =
        names.iter().map(|name| judge(&world, dir, name)).collect::<Result<_, _>>()?;
    let mut ratchet = Ratchet::load(&format!("live-{}", world.release.name()));
    if args.bless {
        if args.only.is_some() {
            return Err("--bless takes a whole set".to_owned());
        }
        ratchet.bless(verdicts.iter().filter(|v| v.kind.agrees()).map(|v| v.name.as_str()))?;
    }
    let mut fine = true;
    for verdict in &verdicts {
        let lost = !verdict.kind.agrees() && ratchet.holds(&verdict.name);
        fine &= !lost;
        if args.diff.is_some() || args.first_diff || lost {
            println!("{}: {}\n{}", verdict.name, verdict.kind.word(), verdict.details);
        } else if args.only.is_some() || args.failing && !verdict.kind.agrees() {
            println!("{:<40} {}", verdict.name, verdict.kind.word());
        }
    }
    let count = |of: fn(Kind) -> bool| verdicts.iter().filter(|verdict| of(verdict.kind)).count();
    println!("real lines   {:>5} / {}", count(|kind| kind == Kind::Same), count(Kind::is_line));
    println!(
        "refusals     {:>5} / {}",
        count(|kind| kind == Kind::RefusedAlike),
        count(|kind| !kind.is_line())
    );
    let passed = count(Kind::agrees);
    println!("{passed} passed, {} failed", verdicts.len() - passed);
    Ok(fine)
}

fn judge(world: &World, dir: &Path, name: &str) -> Result<Verdict, String> {
    let case = dir.join(name);
    let text = read(&case.join("doc.xml"))?;
    let caps = world.caps(&text)?;
    let host = Override::new(&world.daemon.host).with_cpu(&world.daemon);
    let mut request = Request::new(&caps, &host);
    request.read.abi_update = true;
    let mut outcome = virtargv::run(&text, &request);
    let words = |file: &str| words(&case.join(file));
    let real = words("argv.json")?;
    let (kind, details) = match (real, outcome.command_line) {
        (Some(real), Some(line)) => {
            let mut ours = vec![line.program.clone()];
            ours.extend(line.args());
            let mut details = different_lines(&alike::lines(&real, &text), &alike::lines(&ours, &text));
            if let Some(env) = words("env.json")? {
                let ours: Vec<String> =
                    line.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
                details += &different_env(&alike::words(&env, &text), &alike::words(&ours, &text));
            }
            details += &different_limit(&case.join("limits"), &crate::memlock::of(&line))?;
            let repeated = alike::repeated(&ours);
            if !repeated.is_empty() {
                let _ = writeln!(details, "descriptors named more than once: {}", repeated.join(", "));
            }
            (if details.is_empty() { Kind::Same } else { Kind::Differs }, details)
        }
        (real, line) => {
            outcome.report.insist();
            let ours = Renderer::plain().report("doc.xml", &Source::new(&text), &outcome.report);
            let theirs = read(&case.join("error.txt")).unwrap_or_default();
            let kind = match (real, line) {
                (Some(_), _) => Kind::WronglyRefused,
                (None, Some(_)) => Kind::Accepted,
                (None, None) if alike::reason(theirs.trim(), &ours) => Kind::RefusedAlike,
                (None, None) => Kind::RefusedOtherwise,
            };
            (kind, format!("libvirt: {}\nvirtargv: {}\n", theirs.trim(), ours.trim()))
        }
    };
    Ok(Verdict { name: name.to_owned(), kind, details })
}

/// The texts in the JSON array of a file; `None` if there is no such file.
fn words(path: &Path) -> Result<Option<Vec<String>>, String> {
    if !path.exists() {
        return Ok(None);
    }
    serde_json::from_str(&read(path)?).map(Some).map_err(|e| format!("{}: {e}", path.display()))
}

/// The limit of locked memory that a process has which inherits it: that of the kernel, since Linux 5.16.
const INHERITED: u64 = 8 << 20;

/// The difference between the limit of locked memory in the file, as the kernel shows it, and `ours` (0 for none).
fn different_limit(path: &Path, ours: &serde_json::Value) -> Result<String, String> {
    if !path.exists() {
        return Ok(String::new());
    }
    let text = read(path)?;
    let row = text.lines().find_map(|line| line.strip_prefix("Max locked memory"));
    let real = row.and_then(|row| row.split_whitespace().next()).unwrap_or_default();
    let ours = match ours {
        serde_json::Value::String(word) => word.clone(),
        number => number.as_u64().filter(|bytes| *bytes > 0).unwrap_or(INHERITED).to_string(),
    };
    Ok(if real == ours { String::new() } else { format!("-limit of locked memory {real}\n+{ours}\n") })
}

fn different_lines(real: &[String], ours: &[String]) -> String {
    let mut out = String::new();
    for line in diff::lines(&real.join("\n"), &ours.join("\n")) {
        match line {
            Line::Both(_) => {}
            Line::Expected(text) => _ = writeln!(out, "-{text}"),
            Line::Got(text) => _ = writeln!(out, "+{text}"),
        }
    }
    out
}

fn different_env(real: &[String], ours: &[String]) -> String {
    let (real, ours): (BTreeSet<_>, BTreeSet<_>) = (real.iter().collect(), ours.iter().collect());
    let mut out = String::new();
    for text in real.difference(&ours) {
        let _ = writeln!(out, "-env {text}");
    }
    for text in ours.difference(&real) {
        let _ = writeln!(out, "+env {text}");
    }
    out
}
