//! `--abi DIR`: what a real libvirt says of a changed definition of a saved guest, against our rules on what the guest may not see
//! change.
//!
//! `cases.jsonl` has a case a line: `id`, `source` and `target` (documents in the directory), `accepted` or `error`.

mod alike;

use std::collections::BTreeMap;
use std::path::Path;

use virtargv::validate::abi;
use virtargv::{Completed, Override, Report, Request, Stage};

use crate::corpus::read;
use crate::live::World;
use crate::ratchet::Ratchet;
use crate::{Args, glob};

struct Case {
    id: String,
    source: String,
    target: String,
    changed: String,
    accepted: bool,
    error: Option<String>,
}

impl Case {
    fn parse(line: &str) -> Result<Self, String> {
        let told: serde_json::Value =
            serde_json::from_str(line).map_err(|error| format!("cases.jsonl: {error}"))?;
        let text = |key: &str| told.get(key).and_then(|value| value.as_str()).map(str::to_owned);
        let required = |key: &str| text(key).ok_or_else(|| format!("cases.jsonl: a case without `{key}`"));
        Ok(Self {
            id: required("id")?,
            source: required("source")?,
            target: required("target")?,
            changed: required("changed")?,
            accepted: told.get("accepted").and_then(serde_json::Value::as_bool).unwrap_or(false),
            error: text("error"),
        })
    }
}

/// How a case came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Accepted,
    RefusedAlike,
    RefusedOtherwise,
    WronglyRefused,
    WronglyAccepted,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted by both",
            Self::RefusedAlike => "refused by both",
            Self::RefusedOtherwise => "refused for another reason",
            Self::WronglyRefused => "wrongly refused",
            Self::WronglyAccepted => "refused by libvirt only",
        }
    }

    fn agrees(self) -> bool {
        matches!(self, Self::Accepted | Self::RefusedAlike)
    }
}

/// Compares all cases. Returns whether all of the ratchet agree.
pub fn measure(args: &Args, dir: &Path) -> Result<bool, String> {
    let world = World::load(dir, args.host.as_deref())?;
    let text = read(&dir.join("cases.jsonl"))?;
    let pattern = args.diff.as_deref().or(args.only.as_deref()).unwrap_or("*");
    let mut verdicts = Vec::new();
    let mut sources = BTreeMap::new();
    for line in text.lines() {
        let case = Case::parse(line)?;
        if glob(pattern, &case.id) {
            let (kind, ours) = judge(&world, dir, &case, &mut sources)?;
            verdicts.push((case, kind, ours));
        }
    }
    let mut ratchet = Ratchet::load(&format!("abi-{}", world.release.name()));
    if args.bless {
        if args.only.is_some() {
            return Err("--bless takes a whole set".to_owned());
        }
        ratchet
            .bless(verdicts.iter().filter(|(_, kind, _)| kind.agrees()).map(|(case, ..)| case.id.as_str()))?;
    }
    let mut fine = true;
    for (case, kind, ours) in &verdicts {
        let lost = !kind.agrees() && ratchet.holds(&case.id);
        fine &= !lost;
        if args.diff.is_some() || lost || args.failing && !kind.agrees() {
            let theirs = case.error.as_deref().unwrap_or("accepted");
            println!(
                "{}: {} ({})\n  libvirt: {theirs}\n  virtargv: {ours}",
                case.id,
                kind.word(),
                case.changed
            );
        }
    }
    let count = |of: &dyn Fn(Kind) -> bool| verdicts.iter().filter(|(_, kind, _)| of(*kind)).count();
    let all = verdicts.len();
    let decided = count(&|kind| !matches!(kind, Kind::WronglyRefused | Kind::WronglyAccepted));
    let refused = count(&|kind| matches!(kind, Kind::RefusedAlike | Kind::RefusedOtherwise));
    println!("accepted or refused alike {decided:>5} / {all}");
    println!("the same thing named      {:>5} / {refused}", count(&|kind| kind == Kind::RefusedAlike));
    let passed = count(&Kind::agrees);
    println!("{passed} passed, {} failed", all - passed);
    Ok(fine)
}

type Sources = BTreeMap<String, Result<Completed, Report>>;

fn judge(world: &World, dir: &Path, case: &Case, sources: &mut Sources) -> Result<(Kind, String), String> {
    let text = read(&dir.join(&case.source))?;
    let (caps, arch) = (world.caps(&text)?, virtargv::arch_of(&text));
    let host = Override::new(&world.daemon.host).with_cpu(&world.daemon);
    let request = Request::new(&caps, &host);
    if !sources.contains_key(&case.source) {
        sources.insert(case.source.clone(), virtargv::complete(&text, &request));
    }
    let source = match sources.get(&case.source) {
        Some(Ok(source)) => source,
        Some(Err(report)) => return Err(format!("{}: {report}", case.source)),
        None => return Err(format!("{}: not completed", case.source)),
    };
    let text = read(&dir.join(&case.target))?;
    // There is no QEMU for every architecture; libvirt takes the one that the definition names.
    let of_target = (virtargv::arch_of(&text) != arch).then(|| world.caps(&text).ok()).flatten();
    let target = virtargv::complete(&text, &Request::new(of_target.as_ref().unwrap_or(&caps), &host));
    let theirs = case.error.as_deref();
    let told = |same: bool| if same { Kind::RefusedAlike } else { Kind::RefusedOtherwise };
    let (refused, ours) = match target {
        Err(report) => {
            let first = report.iter().find(|problem| problem.severity == virtargv::Severity::Error);
            let first = first.filter(|problem| problem.stage != Stage::Build);
            let ours = first.map_or_else(String::new, |problem| format!("{problem} ({})", problem.help()));
            (Some(theirs.is_some_and(|theirs| alike::problem(theirs, first))), ours)
        }
        Ok(target) => {
            let found = abi::compare(source.domain(), target.domain(), world.release);
            let ours = found.first().map(|first| format!("{}: {}", first.problem.id(), first.problem));
            let same =
                found.first().map(|first| theirs.is_some_and(|theirs| alike::difference(theirs, first)));
            (same, ours.unwrap_or_else(|| "accepted".to_owned()))
        }
    };
    Ok((
        match (refused, case.accepted) {
            (None, true) => Kind::Accepted,
            (None, false) => Kind::WronglyAccepted,
            (Some(_), true) => Kind::WronglyRefused,
            (Some(same), false) => told(same),
        },
        ours,
    ))
}
