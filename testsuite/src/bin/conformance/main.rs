//! Measures the agreement with the conformance corpus.
//!
//! `conformance --corpus DIR` runs every case of a set through the public API and compares the results. It prints a
//! table and `N passed, M failed`, and exits with 1 if a case of the ratchet does not agree any more, or any case
//! panicked. `import LIBVIRT-SOURCE OUT` makes a set of a libvirt source tree. `--live DIR` compares with what a real libvirt executed, on the host that `testsuite/hosts` describes.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]

mod abi;
mod capabilities;
mod case;
mod compare;
mod corpus;
mod daemon;
mod diff;
mod domcaps;
mod emit;
mod host;
mod hotplug;
mod import;
mod live;
mod memlock;
mod native;
mod probed;
mod ratchet;
mod releases;
mod run;
mod sets;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use case::{Case, Expect};
use compare::Verdict;
use corpus::{Corpus, Followed};
use ratchet::Ratchet;
use run::{Answer, Got};

/// Measure the agreement with the conformance corpus.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The set, a directory with `cases.jsonl`.
    #[arg(long, required_unless_present_any = ["capabilities", "live", "hotplug", "probed", "abi", "domcaps"])]
    corpus: Option<PathBuf>,
    /// Run the set as if it were of this release, or of the `nearest` that is followed.
    #[arg(long = "as", value_name = "RELEASE")]
    followed: Option<Followed>,
    /// Compare the recorded QMP conversations in this directory with their capabilities files, instead of cases.
    #[arg(long, value_name = "DIR", conflicts_with = "corpus")]
    capabilities: Option<PathBuf>,
    /// Compare with the recordings of a real libvirt in this directory, whose name is the release. The description of the
    /// host it ran on is `testsuite/hosts/live-RELEASE.json`, made on that host (see `testsuite/README.md`).
    #[arg(long, value_name = "DIR", conflicts_with_all = ["corpus", "capabilities"])]
    live: Option<PathBuf>,
    /// Compare with what a real libvirt says of changed definitions of a saved guest: a directory with `cases.jsonl`, whose
    /// name is the release. The host is that of --live.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["corpus", "capabilities", "live"])]
    abi: Option<PathBuf>,
    /// Compare with the domain capabilities in this directory: those of a real libvirt, whose release is its name, or those of
    /// libvirt's own tests.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["corpus", "capabilities", "live", "abi"])]
    domcaps: Option<PathBuf>,
    /// With --corpus: compare each document under two releases, and count the differences that have no reason.
    #[arg(long, value_name = "OLD..NEW", requires = "corpus")]
    diff_releases: Option<String>,
    /// Compare with what a real libvirt did to running guests, recorded in this directory, whose name is the release. The host
    /// is that of --live.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["corpus", "capabilities", "live"])]
    hotplug: Option<PathBuf>,
    /// With --live, --abi, --hotplug and --domcaps: another description of the host.
    #[arg(long, value_name = "FILE")]
    host: Option<PathBuf>,
    /// Compare what probes of QEMU binaries gave, files NAME.xml in this directory, with those of --daemon
    /// (see `testsuite/README.md`).
    #[arg(long, value_name = "DIR", requires = "daemon", conflicts_with_all = ["corpus", "capabilities", "live"])]
    probed: Option<PathBuf>,
    /// With --probed: the capabilities files of the real libvirt, with the same names.
    #[arg(long, value_name = "DIR", requires = "probed")]
    daemon: Option<PathBuf>,
    /// Verify the command lines against the recorded replies of the QEMU that each is for, instead of comparing them.
    #[arg(long, requires = "corpus", conflicts_with_all = ["diff", "bless", "emit", "first_diff"])]
    verify: bool,
    /// Compare the limits of locked memory with the numbers in `cases.jsonl` of this directory, for QEMUs and a host of the
    /// set, instead of its cases.
    #[arg(long, value_name = "DIR", requires = "corpus", conflicts_with_all = ["verify", "diff", "emit", "first_diff"])]
    memlock: Option<PathBuf>,
    /// Write the results into this directory.
    #[arg(long, value_name = "OUT")]
    emit: Option<PathBuf>,
    /// Run only the cases whose id matches (`*` and `?`), and print the verdict on each.
    #[arg(long, value_name = "GLOB")]
    only: Option<String>,
    /// Run only this case, and print the difference to the expected result.
    #[arg(long, value_name = "ID")]
    diff: Option<String>,
    /// With --diff: compare the completed domain instead of the command line.
    #[arg(long)]
    xml: bool,
    /// List the cases that do not agree, with the verdict on each.
    #[arg(long)]
    failing: bool,
    /// List the first lines that differ of every command line.
    #[arg(long)]
    first_diff: bool,
    /// Set the ratchet to the cases that agree now.
    #[arg(long)]
    bless: bool,
    /// The number of threads.
    #[arg(long)]
    threads: Option<usize>,
}

/// What else can be done.
#[derive(Subcommand)]
enum Command {
    /// Make a set of the test list of a libvirt source tree. It requires a C preprocessor.
    Import(import::Import),
}

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match &args.command {
        Some(Command::Import(what)) => import::import(what).map(|line| {
            println!("{line}");
            true
        }),
        None => measure(&args),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("conformance: {message}");
            ExitCode::from(2)
        }
    }
}

/// A case, its result, and the verdict.
struct Row<'a> {
    case: &'a Case,
    got: &'a Got,
    verdict: Verdict,
}

/// Runs the cases. Returns whether all cases of the ratchet agree and none panicked.
fn measure(args: &Args) -> Result<bool, String> {
    if let Some(dir) = &args.capabilities {
        return measure_capabilities(args, dir);
    }
    if let (Some(probed), Some(daemon)) = (&args.probed, &args.daemon) {
        return measure_probes(probed, daemon);
    }
    if let Some(dir) = &args.live {
        return live::measure(args, dir);
    }
    if let Some(dir) = &args.abi {
        return abi::measure(args, dir);
    }
    if let Some(dir) = &args.domcaps {
        return domcaps::measure(args, dir);
    }
    if let (Some(dir), Some(between)) = (&args.corpus, &args.diff_releases) {
        return releases::measure(args, dir, between);
    }
    if let Some(dir) = &args.hotplug {
        return hotplug::measure(args, dir);
    }
    let corpus = Corpus::load(args.corpus.as_deref().ok_or("no corpus")?, args.followed)?;
    if let Some(dir) = &args.memlock {
        return memlock::measure(args, &corpus, dir);
    }
    let pattern = args.diff.as_deref().or(args.only.as_deref());
    let chosen = |case: &&Case| match (&args.diff, pattern) {
        (Some(id), _) => case.id == *id,
        (None, Some(pattern)) => glob(pattern, &case.id),
        (None, None) => true,
    };
    let cases: Vec<&Case> = corpus.cases.iter().filter(chosen).collect();
    if cases.is_empty() {
        return Err("no case matches".to_owned());
    }
    let threads = args.threads.or_else(|| std::thread::available_parallelism().ok().map(Into::into));
    let results = run::all(&corpus, &cases, threads.unwrap_or(1));
    let rows: Vec<Row<'_>> = cases
        .iter()
        .zip(&results)
        .map(|(case, got)| Row { case, got, verdict: compare::verdict(&corpus, case, got) })
        .collect();
    if args.verify {
        return verify::verify(&corpus, &rows, args.failing);
    }
    if let Some(out) = &args.emit {
        emit::write(out, &cases, &results)?;
    }
    if args.diff.is_some() {
        for row in &rows {
            print_diff(&corpus, row, args.xml);
        }
        return Ok(true);
    }
    print_verdicts(args, &corpus, &rows);
    print_table(&corpus, &rows);
    judge(args, &corpus, &rows)
}

/// Like [`measure`], for recorded conversations. All of them are in the ratchet.
fn measure_capabilities(args: &Args, dir: &Path) -> Result<bool, String> {
    let verdicts = capabilities::compare(dir, args.emit.as_deref())?;
    let (agree, differ): (Vec<_>, Vec<_>) = verdicts.iter().partition(|v| v.differences.is_empty());
    let mut ratchet = Ratchet::load("capabilities");
    if args.bless {
        ratchet.add(agree.iter().map(|v| v.name.as_str()))?;
    }
    let mut fine = true;
    for verdict in &differ {
        let held = ratchet.holds(&verdict.name);
        fine &= !held;
        println!("{}: {}{}", if held { "regression" } else { "differs" }, verdict.name, verdict.differences);
    }
    println!("{} passed, {} failed", agree.len(), differ.len());
    Ok(fine)
}

/// Compares probes with the real libvirt's files. All of them must agree.
fn measure_probes(probed: &Path, daemon: &Path) -> Result<bool, String> {
    let verdicts = probed::compare(probed, daemon)?;
    let (agree, differ): (Vec<_>, Vec<_>) = verdicts.iter().partition(|v| v.differences.is_empty());
    for verdict in &differ {
        println!("differs: {}{}", verdict.name, verdict.differences);
    }
    println!("{} passed, {} failed", agree.len(), differ.len());
    Ok(differ.is_empty())
}

fn print_verdicts(args: &Args, corpus: &Corpus, rows: &[Row<'_>]) {
    for row in rows {
        let agrees = row.verdict == Verdict::Agrees;
        if args.only.is_some() && !args.first_diff && !args.failing || args.failing && !agrees {
            println!("{:<60} {}", row.case.id, row.verdict.line());
        }
        if args.first_diff && !agrees {
            match &row.got.answer {
                Answer::Args(got) if row.case.expect == Expect::Argv => {
                    let expected = compare::expected(corpus, row.case);
                    let (want, got) = diff::first(&expected, got);
                    println!("{}\n  - {want}\n  + {got}", row.case.id);
                }
                _ => println!("{}\n  ! {}", row.case.id, row.verdict.line()),
            }
        }
    }
}

fn print_diff(corpus: &Corpus, row: &Row<'_>, xml: bool) {
    println!("{}: {}", row.case.id, row.verdict.line());
    let expected = compare::expected(corpus, row.case);
    if xml {
        let name = row.case.text("expected_xml").unwrap_or("");
        let expected = corpus.domain(name).unwrap_or_else(|e| e);
        print_lines(&expected, row.got.xml.as_deref().unwrap_or(""));
        return;
    }
    match &row.got.answer {
        Answer::Args(got) if row.case.expect == Expect::Argv => {
            let comparable = |args| compare::comparable(corpus, row.case, args);
            print_lines(&comparable(&expected), &comparable(got));
        }
        answer => {
            println!("expected ({}): {}", row.case.expect.word(), expected.trim_end());
            match answer {
                Answer::Args(got) => println!("got a command line:\n{got}"),
                Answer::Error { stage, class, message } => {
                    println!("got ({}): {}", stage.word(), compare::shown(class, message));
                }
                Answer::Crash(text) => println!("got a crash: {text}"),
            }
        }
    }
}

fn print_lines(expected: &str, got: &str) {
    for line in diff::lines(expected, got) {
        match line {
            diff::Line::Both(text) => println!("  {text}"),
            diff::Line::Expected(text) => println!("- {text}"),
            diff::Line::Got(text) => println!("+ {text}"),
        }
    }
}

fn print_table(corpus: &Corpus, rows: &[Row<'_>]) {
    println!("{} ({})", corpus.name(), corpus.release);
    for expect in [Expect::Argv, Expect::ParseError, Expect::Failure] {
        let expected = rows.iter().filter(|row| row.case.expect == expect);
        let all = expected.clone().count();
        let passed = expected.filter(|row| row.verdict == Verdict::Agrees).count();
        println!("{:<12} {passed:>5} / {all}", expect.word());
    }
    let xml: Vec<bool> =
        rows.iter().filter_map(|row| compare::xml_agrees(corpus, row.case, row.got)).collect();
    if !xml.is_empty() {
        let agree = xml.iter().filter(|agrees| **agrees).count();
        println!("(completed domains: {agree} of {} agree; not counted below)", xml.len());
    }
}

/// Checks the ratchet, and prints the final count.
fn judge(args: &Args, corpus: &Corpus, rows: &[Row<'_>]) -> Result<bool, String> {
    let passed = rows.iter().filter(|row| row.verdict == Verdict::Agrees);
    let completed = rows.iter().filter_map(|row| {
        let agrees = compare::xml_agrees(corpus, row.case, row.got)?;
        Some((format!("{} completed", row.case.id), agrees))
    });
    let completed: Vec<(String, bool)> = completed.collect();
    let mut ratchet = Ratchet::load(corpus.name());
    if args.bless {
        if args.only.is_some() {
            return Err("--bless takes a whole set".to_owned());
        }
        let completed = completed.iter().filter(|(_, agrees)| *agrees).map(|(id, _)| id.as_str());
        ratchet.bless(passed.clone().map(|row| row.case.id.as_str()).chain(completed))?;
    }
    let mut fine = true;
    for row in rows {
        let crashed = matches!(row.verdict, Verdict::Crash(_));
        if crashed || row.verdict != Verdict::Agrees && ratchet.holds(&row.case.id) {
            fine = false;
            let what = if crashed { "crash" } else { "regression" };
            println!("{what}: {} {}", row.case.id, row.verdict.line());
        }
    }
    for (id, _) in completed.iter().filter(|(id, agrees)| !agrees && ratchet.holds(id)) {
        fine = false;
        println!("regression: {id}: the domain differs (--diff ID --xml)");
    }
    let mut lost = 0;
    for (row, what) in rows.iter().filter_map(|row| Some((row, row.got.lost.as_ref()?))) {
        fine = false;
        lost += 1;
        println!("not lossless: {}: {what}", row.case.id);
    }
    if lost > 0 {
        println!("{lost} documents lose something when they are written or completed twice");
    }
    let passed = passed.count();
    println!("{passed} passed, {} failed", rows.len() - passed);
    Ok(fine)
}

/// Whether `text` matches `pattern`, in which `*` stands for any characters and `?` for one.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match (pattern.get(p), text.get(t)) {
            (Some('*'), _) => {
                star = Some((p + 1, t));
                p += 1;
            }
            (Some('?'), _) => (p, t) = (p + 1, t + 1),
            (Some(a), Some(b)) if a == b => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((after, from)) => {
                    (p, t) = (after, from + 1);
                    star = Some((after, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn globs() {
        let check = |pattern, text, expected| assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        check("a*", "abc", true);
        check("*c", "abc", true);
        check("a*b*c", "aXbYbZc", true);
        check("a?c", "abc", true);
        check("a", "abc", false);
        check("", "", true);
    }
}
