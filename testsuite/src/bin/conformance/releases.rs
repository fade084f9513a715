//! `--diff-releases A..B`: the documents of a set under two releases, and the differences that have no reason.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use virtargv::diff::{Fleet, Side, diff};
use virtargv::{Release, Request, builtin};
use virtargv_testsuite::pretend::pretend;

use crate::case::Case;
use crate::corpus::{Corpus, Followed};
use crate::{Args, glob, host, sets};

/// What is found out about one document.
struct Found {
    name: String,
    took: Duration,
    diff: virtargv::diff::Diff,
}

/// Compares every document below `dir`. Returns whether every difference has a reason.
pub fn measure(args: &Args, dir: &Path, releases: &str) -> Result<bool, String> {
    let (old, new) = releases.split_once("..").ok_or("--diff-releases takes OLD..NEW")?;
    let parse = |name: &str| name.parse::<Release>().map_err(|error| error.to_string());
    let releases = [parse(old)?, parse(new)?];
    let corpora = releases.map(|release| Corpus::load(dir, Some(Followed::Named(release))));
    let [Ok(old), Ok(new)] = &corpora else {
        return Err(corpora.into_iter().find_map(Result::err).unwrap_or_default());
    };
    let pattern = args.only.as_deref().unwrap_or("*");
    let cases: Vec<&Case> = new.cases.iter().filter(|case| glob(pattern, &case.id)).collect();
    let threads = args.threads.or_else(|| std::thread::available_parallelism().ok().map(Into::into));
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let started = Instant::now();
    let work = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let found = one(old, new, case);
            if let Ok(mut results) = results.lock() {
                results.extend(found);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.unwrap_or(1).max(1) {
            let builder = std::thread::Builder::new().stack_size(8 << 20);
            if builder.spawn_scoped(scope, work).is_err() {
                work();
            }
        }
    });
    let took = started.elapsed();
    let results = results.into_inner().map_err(|error| error.to_string())?;
    Ok(tell(args, &results, took))
}

/// A case that cannot be set up under both releases is left out.
fn one(old: &Corpus, new: &Corpus, case: &Case) -> Option<Found> {
    let text = new.domain(case.text("input")?).ok()?;
    // A capabilities file has the flags that the release which wrote it asks for; a built-in set those of every release.
    let arch = virtargv::arch_of(&text).unwrap_or_else(|| host::arch(case));
    let set = builtin::names().filter(|name| name.ends_with(&format!("-{}", arch.qemu_name()))).last();
    let caps = |corpus: &Corpus| match set {
        Some(name) => builtin::get(name, corpus.release),
        None => sets::caps(corpus, case, &text).ok(),
    };
    let (before, after) = (caps(old)?, caps(new)?);
    let host = host::host(new, case, &text).ok()?;
    let host = pretend(&host);
    let started = Instant::now();
    let side = |caps| {
        let mut request = Request::new(caps, &host);
        request.read.abi_update = case.texts("parse_flags").any(|flag| flag == "abi_update");
        Side { text: &text, request, machine: None }
    };
    let diff = diff(&side(&before), &side(&after));
    Some(Found { name: case.id.clone(), took: started.elapsed(), diff })
}

fn tell(args: &Args, results: &[Found], took: Duration) -> bool {
    let mut fleet = Fleet::default();
    let (mut changes, mut unexplained, mut several) = (0_usize, 0_usize, 0_usize);
    for found in results {
        fleet.add(&found.name, &found.diff);
        for change in &found.diff.changes {
            changes += 1;
            several += usize::from(change.reasons.len() > 3);
            if change.reasons.is_empty() {
                unexplained += 1;
                println!("unexplained: {}: {change:?}", found.name);
            }
        }
        for incompatible in &found.diff.abi {
            changes += 1;
            if incompatible.reasons.is_empty() {
                unexplained += 1;
                println!("unexplained: {}: {}", found.name, incompatible.difference.problem);
            }
        }
    }
    if args.failing {
        for (kind, names) in fleet.sorted() {
            println!("{:>6} {kind:?} {}", names.len(), names.first().map_or("", String::as_str));
        }
    }
    let lines = results.iter().filter(|found| found.diff.lines == [true, true]).count();
    let slowest = results.iter().max_by_key(|found| found.took);
    let count = u32::try_from(results.len()).unwrap_or(u32::MAX).max(1);
    let per_thousand = (took * 1000 / count).as_secs_f64();
    println!("documents      {:>7}, {lines} with two command lines", results.len());
    println!(
        "differences    {changes:>7} of {} kinds, {several} with more than three reasons",
        fleet.kinds.len()
    );
    println!("seen by guests {:>7} documents", fleet.seen);
    println!("unexplained    {unexplained:>7}");
    println!("1 000 documents in {per_thousand:.1} s");
    if let Some(slowest) = slowest {
        println!("the slowest: {} in {:?}", slowest.name, slowest.took);
    }
    unexplained == 0
}
