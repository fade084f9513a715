//! `virtargv diff`: what changes for guests and for their command lines.

mod documents;
mod json;
mod text;

use std::io::Write as _;

use virtargv::diff::{Diff, Fleet, Seen, Side};
use virtargv::render::escaped;

use crate::args::{DiffArgs, DiffFormat, HostChoice, QemuArgs};
use crate::caps::Sets;
use crate::check::pool;
use crate::host::Chosen;
use crate::{Done, FINE, REFUSED, UNUSABLE, Unusable, input};
use documents::{Documents, Pair};

/// What all documents are compared with.
struct Differ<'a> {
    args: &'a DiffArgs,
    chosen: Chosen<'a>,
    sets: [Sets<'a>; 2],
}

/// The differences of one document.
struct Compared {
    name: String,
    /// The differences, or why there are none.
    diff: Result<Diff, String>,
}

pub(crate) fn run(args: &DiffArgs) -> Done {
    let caps = args.sets()?;
    let releases: [_; 2] = args.release.into();
    let [old, new] = caps;
    let qemu = |caps: Option<String>, release| QemuArgs {
        caps,
        refresh: false,
        flags: Vec::new(),
        no_flags: Vec::new(),
        release,
        host: args.host.clone(),
    };
    let [first, second] = releases;
    let (old, new) = (qemu(old, first), qemu(new, second));
    let differ = Differ {
        args,
        chosen: Chosen::load(&args.host, HostChoice::None)?,
        sets: [Sets::new(&old), Sets::new(&new)],
    };
    for set in &differ.sets {
        set.load_named()?;
    }
    if args.has_one_side() {
        let why =
            "there is one side only: name a second document, or a range in --release, --caps or --machine";
        return Err(Unusable(why.to_owned()));
    }
    let documents = documents::all(args)?;
    if documents.pairs.is_empty() && documents.alone.is_empty() {
        return Err(Unusable(format!("there is no document in `{}`", args.before)));
    }
    differ.all(documents)
}

impl Differ<'_> {
    /// Compares all documents and writes what is said of them.
    fn all(&self, documents: Documents) -> Done {
        let Documents { pairs, alone: mut failed, is_fleet } = documents;
        let mut fleet = Fleet::default();
        let mut all: Vec<Compared> = Vec::new();
        let keeps = !is_fleet || self.args.format == DiffFormat::Json;
        let taken: Result<(), ()> = pool::in_order(
            pool::workers(self.args.jobs),
            pairs.into_iter(),
            |pair| self.one(pair),
            |compared: Option<Compared>| {
                let Some(compared) = compared else { return Ok(()) };
                match &compared.diff {
                    Ok(diff) => fleet.add(&compared.name, diff),
                    Err(why) => failed.push((compared.name.clone(), why.clone())),
                }
                if keeps {
                    all.push(compared);
                }
                Ok(())
            },
        );
        debug_assert!(taken.is_ok(), "taking results does not fail");
        let mut out = match self.args.format {
            DiffFormat::Json => json::all(self.args, &all, &fleet),
            DiffFormat::Text if is_fleet => text::fleet(&fleet),
            DiffFormat::Text => all.iter().filter_map(|one| one.diff.as_ref().ok()).map(text::one).collect(),
        };
        if !out.ends_with('\n') {
            out.push('\n');
        }
        if self.args.format == DiffFormat::Json {
            std::io::stdout().lock().write_all(out.as_bytes())?;
        } else {
            anstream::print!("{out}");
        }
        for (name, why) in &failed {
            anstream::eprintln!("virtargv: {}: {}", escaped(name), escaped(why));
        }
        let is_compared = fleet.refused.len() < fleet.documents;
        Ok(match (failed.is_empty() && is_compared, fleet.seen) {
            (false, _) => UNUSABLE,
            (true, 0) => FINE,
            _ => REFUSED,
        })
    }

    /// The differences of a document; `None` for a file that was found and is no domain.
    fn one(&self, pair: Pair) -> Option<Compared> {
        let texts = pair.read();
        let diff = match texts {
            Ok(None) => return None,
            Ok(Some([before, after])) => self.diff(&before, &after).map_err(|Unusable(why)| why),
            Err(why) => Err(why),
        };
        Some(Compared { name: pair.name, diff })
    }

    fn diff(&self, before: &str, after: &str) -> Result<Diff, Unusable> {
        let [first, second] = &self.sets;
        let [old_machine, new_machine] = self.args.machines();
        let arch = |text: &str| virtargv::arch_of(text);
        let set = |sets: &Sets<'_>, text: &str| sets.of(arch(text).unwrap_or(self.chosen.arch()));
        let (old, new) = (set(first, before)?, set(second, after)?);
        let mut diff = self.chosen.with_request(arch(before), &old, |mut a| {
            a.read.abi_update = self.args.abi_update;
            self.chosen.with_request(arch(after), &new, |mut b| {
                b.read.abi_update = self.args.abi_update;
                let before = Side { text: before, request: a, machine: old_machine };
                let after = Side { text: after, request: b, machine: new_machine };
                virtargv::diff::diff(&before, &after)
            })
        });
        if self.args.guest {
            diff.changes.retain(|change| change.seen == Seen::Guest);
            diff.abi.retain(|incompatible| incompatible.seen == Seen::Guest);
        }
        Ok(diff)
    }
}

/// A document as text.
fn read(name: &str) -> Result<String, String> {
    input::read(name).map_err(|Unusable(why)| why)
}
