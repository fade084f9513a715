//! `virtargv diff`: what changes for guests and for their command lines.

mod documents;
mod json;
mod text;

use std::io::Write as _;

use virtargv::diff::{Diff, Fleet, Side};
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
    /// `--caps` of each side.
    caps: &'a [Option<String>; 2],
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
    if args.has_one_side() {
        let why =
            "there is one side only: name a second document, or a range in --release, --caps or --machine";
        return Err(Unusable(why.to_owned()));
    }
    let caps = args.sets()?;
    let [old, new] = &caps;
    let (first, second) = args.release;
    let qemu = |caps: &Option<String>, release| QemuArgs {
        caps: caps.clone(),
        refresh: false,
        flags: Vec::new(),
        no_flags: Vec::new(),
        release,
        host: args.host.clone(),
    };
    let (old, new) = (qemu(old, first), qemu(new, second));
    let differ = Differ {
        args,
        caps: &caps,
        chosen: Chosen::load(&args.host, HostChoice::None)?,
        sets: [Sets::new(&old), Sets::new(&new)],
    };
    for set in &differ.sets {
        set.load_named()?;
    }
    differ.all(documents::all(args)?)
}

impl Differ<'_> {
    /// Compares all documents and writes what is said of them.
    fn all(&self, documents: Documents) -> Done {
        let Documents { pairs, alone, is_fleet } = documents;
        let mut fleet = Fleet::default();
        let mut all: Vec<Compared> = Vec::new();
        // The text of a directory is of the kinds alone.
        let keeps_all = !is_fleet || self.args.format == DiffFormat::Json;
        let taken: Result<(), ()> = pool::in_order(
            pool::workers(self.args.jobs),
            pairs.into_iter(),
            |pair| self.one(pair),
            |compared: Option<Compared>| {
                let Some(compared) = compared else { return Ok(()) };
                if let Ok(diff) = &compared.diff {
                    fleet.add(&compared.name, diff);
                }
                if keeps_all || compared.diff.is_err() {
                    all.push(compared);
                }
                Ok(())
            },
        );
        debug_assert!(taken.is_ok(), "taking results does not fail");
        if fleet.documents == 0 && all.is_empty() && alone.is_empty() {
            return Err(Unusable(format!("there is no domain document in `{}`", self.args.before)));
        }
        all.extend(alone.into_iter().map(|(name, why)| Compared { name, diff: Err(why) }));
        all.sort_by(|one, other| one.name.cmp(&other.name));
        let guest_only = self.args.guest;
        let diffs = all.iter().filter_map(|one| one.diff.as_ref().ok());
        match self.args.format {
            DiffFormat::Json => {
                let out = json::all(self.args, self.caps, &all, &fleet);
                writeln!(std::io::stdout().lock(), "{out}")?;
            }
            DiffFormat::Text if is_fleet => anstream::print!("{}", text::fleet(&fleet, guest_only)),
            DiffFormat::Text => diffs.for_each(|diff| anstream::print!("{}", text::one(diff, guest_only))),
        }
        let failed = all.iter().filter_map(|one| Some((&one.name, one.diff.as_ref().err()?)));
        for (name, why) in failed.clone() {
            anstream::eprintln!("virtargv: {}: {}", escaped(name), escaped(why));
        }
        let is_compared = fleet.without_line < fleet.documents;
        Ok(match (failed.count() == 0 && is_compared, fleet.seen) {
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
        Ok(self.chosen.with_request(arch(before), &old, |mut a| {
            a.read.abi_update = self.args.abi_update;
            self.chosen.with_request(arch(after), &new, |mut b| {
                b.read.abi_update = self.args.abi_update;
                let before = Side { text: before, request: a, machine: old_machine };
                let after = Side { text: after, request: b, machine: new_machine };
                virtargv::diff::diff(&before, &after)
            })
        }))
    }
}

/// A document as text.
fn read(name: &str) -> Result<String, String> {
    input::read(name).map_err(|Unusable(why)| why)
}
