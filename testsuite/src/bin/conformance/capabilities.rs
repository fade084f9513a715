//! `--capabilities DIR`: recorded QMP conversations against the capabilities files beside them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use virtargv::{Caps, Release};
use virtargv_caps::{Accel, Usable, derive};

/// A recorded conversation, and the capabilities file that is expected of it.
struct Pair {
    name: String,
    replies: PathBuf,
    caps: PathBuf,
}

/// What is compared: flags, machine types and CPU models, one a line.
#[derive(PartialEq, Eq)]
pub(crate) struct Lists {
    pub(crate) flags: BTreeSet<String>,
    pub(crate) machines: BTreeSet<String>,
    pub(crate) cpus: BTreeSet<String>,
}

impl Lists {
    fn of(caps: &Caps) -> Self {
        let mut machines = BTreeSet::new();
        let mut cpus = BTreeSet::new();
        for accel in Accel::ALL {
            machines.extend(caps.machines(accel).iter().map(|m| m.name.to_string()));
            for model in caps.cpu_models(accel) {
                let usable = match model.usable {
                    Usable::Yes => "yes",
                    Usable::No => "no",
                    Usable::Unknown => "unknown",
                };
                cpus.insert(format!("{accel} {} {usable}", model.name));
            }
        }
        Self { flags: caps.listed_flags().iter().map(|c| c.name().to_owned()).collect(), machines, cpus }
    }

    fn files(&self) -> [(&'static str, &BTreeSet<String>); 3] {
        [("flags", &self.flags), ("machines", &self.machines), ("cpus", &self.cpus)]
    }
}

/// The result of one conversation.
pub(crate) struct Verdict {
    /// The name of the replies file without its ending.
    pub(crate) name: String,
    /// The differences; empty if there is none.
    pub(crate) differences: String,
}

/// Compares every conversation in `dir` (a set, or its `capabilities` directory), and writes the results to `emit`.
pub(crate) fn compare(dir: &Path, emit: Option<&Path>) -> Result<Vec<Verdict>, String> {
    let mut verdicts = Vec::new();
    for pair in pairs(dir)? {
        let release = release_of(&pair.name);
        let differences = match found(&pair, release) {
            Ok(lists) => {
                if let Some(out) = emit {
                    write(out, &pair.name, &lists)?;
                }
                let text = read(&pair.caps)?;
                let wanted =
                    Caps::from_xml(&text, release).map_err(|e| format!("{}: {e}", pair.caps.display()))?;
                differences(&Lists::of(&wanted), &lists)
            }
            Err(why) => why,
        };
        verdicts.push(Verdict { name: pair.name, differences });
    }
    Ok(verdicts)
}

/// The release whose flags a file lists: the set for 7.0 has files `caps_VERSION.ARCH`, the others `caps_VERSION_ARCH`.
fn release_of(name: &str) -> Release {
    let version_and_arch = name.trim_start_matches("caps_");
    let rest = version_and_arch.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if rest.starts_with('_') { Release::V11_3 } else { Release::V7_0 }
}

fn found(pair: &Pair, release: Release) -> Result<Lists, String> {
    let conversation = derive::Conversation::parse(&read(&pair.replies)?).map_err(|e| e.to_string())?;
    let caps = derive::derive(&conversation, release).map_err(|e| e.to_string())?;
    Ok(Lists::of(&caps))
}

fn pairs(dir: &Path) -> Result<Vec<Pair>, String> {
    let nested = dir.join("capabilities");
    let dir = if nested.is_dir() { nested } else { dir.to_owned() };
    let entries = std::fs::read_dir(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let mut pairs: Vec<Pair> = entries
        .filter_map(|entry| {
            let replies = entry.ok()?.path();
            let name = replies.file_name()?.to_str()?.strip_suffix(".replies")?.to_owned();
            Some(Pair { caps: dir.join(format!("{name}.xml")), name, replies })
        })
        .collect();
    pairs.sort_by(|a, b| a.name.cmp(&b.name));
    if pairs.is_empty() { Err(format!("{}: no recorded conversation", dir.display())) } else { Ok(pairs) }
}

pub(crate) fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn write(out: &Path, name: &str, lists: &Lists) -> Result<(), String> {
    std::fs::create_dir_all(out).map_err(|e| format!("{}: {e}", out.display()))?;
    for (ending, lines) in lists.files() {
        let mut text = String::new();
        for line in lines {
            let _ = writeln!(text, "{line}");
        }
        let path = out.join(format!("{name}.{ending}"));
        std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

fn differences(wanted: &Lists, found: &Lists) -> String {
    let mut out = String::new();
    for ((what, wanted), (_, found)) in wanted.files().into_iter().zip(found.files()) {
        for line in wanted.difference(found) {
            let _ = write!(out, " -{what}:{line}");
        }
        for line in found.difference(wanted) {
            let _ = write!(out, " +{what}:{line}");
        }
    }
    out
}
