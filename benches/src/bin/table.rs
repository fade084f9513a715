//! The table of `benches/README.md`: what a document costs by stage and size, and how many are done in a second on one thread and on
//! two. `cargo run --release -p virtargv-benches --bin table` prints it, with `-- --write` it is put into the file.

#![allow(clippy::disallowed_methods, reason = "it writes a file of the project")]

use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use virtargv_benches::clock::{elapsed, least};
use virtargv_benches::stages::{Bench, Work, documents};

/// What is around the table in the file.
const MARKS: (&str, &str) = ("<!-- made by `table` -->\n", "<!-- end -->\n");

/// How often all stages of a document are measured.
const ROUNDS: usize = 20;

fn main() -> ExitCode {
    let made = match table() {
        Ok(made) => made,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    print!("{made}");
    if std::env::args().any(|argument| argument == "--write")
        && let Err(why) = write(&made)
    {
        eprintln!("{why}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// The table in Markdown.
fn table() -> Result<String, String> {
    let bench = Bench::new().ok_or("there is no built-in set for it")?;
    let mut stages = String::from("| microseconds |");
    let mut rates = String::from(
        "| in a second, text to printed line | documents, 1 thread | MB | documents, 2 threads | MB |\n|---|---|---|---|---|\n",
    );
    for work in Work::ALL {
        let _ = write!(stages, " {} |", work.name());
    }
    stages.push_str(" printed line: parses |\n|---|");
    stages.push_str(&"---|".repeat(Work::ALL.len() + 1));
    stages.push('\n');
    for (name, text) in documents() {
        if !bench.accepts(&text) {
            return Err(format!("{name}: the document is refused"));
        }
        // About as long for each size.
        let runs = (400_000 / text.len()).clamp(2, 400);
        let mut costs = Work::ALL.map(|work| (work, Duration::MAX));
        // In turns: other load of the machine is then over all stages alike, and a stage is the difference of two.
        for _ in 0..ROUNDS {
            for (work, cost) in &mut costs {
                *cost = least(runs, || bench.run(*work, &text)).min(*cost);
            }
        }
        let of = |wanted: Work| {
            costs.iter().find(|(work, _)| *work == wanted).map_or(Duration::ZERO, |(_, cost)| *cost)
        };
        let _ = write!(stages, "| {name} |");
        let mut before = Duration::ZERO;
        for (work, cost) in &costs {
            let own = match work {
                Work::Xml | Work::Read | Work::Check => *cost,
                // The stages before it are in the time of a stage.
                _ => cost.saturating_sub(before),
            };
            before = *cost;
            let _ = write!(stages, " {} |", micro(own));
        }
        let parses = of(Work::Print).as_secs_f64() / of(Work::Xml).as_secs_f64();
        let _ = writeln!(stages, " {parses:.1} |");
        let megabytes = |documents: f64| documents * bytes(&text) / 1e6;
        let (one, two) = (rate(&bench, &text, 1), rate(&bench, &text, 2));
        let _ = writeln!(
            rates,
            "| {name} ({} bytes) | {one:.0} | {:.1} | {two:.0} | {:.1} |",
            text.len(),
            megabytes(one),
            megabytes(two)
        );
    }
    Ok(format!("{stages}\n{rates}"))
}

fn bytes(text: &str) -> f64 {
    u32::try_from(text.len()).map_or(f64::INFINITY, f64::from)
}

fn micro(time: Duration) -> String {
    let micro = time.as_secs_f64() * 1e6;
    if micro < 100.0 { format!("{micro:.1}") } else { format!("{micro:.0}") }
}

/// How often in a second `threads` threads turn `text` into a printed line: the best of three measurements of a second.
fn rate(bench: &Bench, text: &str, threads: usize) -> f64 {
    let once = || {
        let (stop, done) = (AtomicBool::new(false), AtomicU64::new(0));
        let start = elapsed();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        bench.run(Work::Print, text);
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            std::thread::sleep(Duration::from_secs(1));
            stop.store(true, Ordering::Relaxed);
        });
        let seconds = elapsed().saturating_sub(start).as_secs_f64();
        u32::try_from(done.into_inner()).map_or(f64::INFINITY, f64::from) / seconds
    };
    (0..3).map(|_| once()).fold(0.0, f64::max)
}

/// Puts the table into the file.
fn write(made: &str) -> Result<(), String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let text = std::fs::read_to_string(path).map_err(|why| format!("{path}: {why}"))?;
    let (before, rest) =
        text.split_once(MARKS.0).ok_or_else(|| format!("{path} has no place for the table"))?;
    let (_, after) = rest.split_once(MARKS.1).ok_or_else(|| format!("{path} has no end of the table"))?;
    std::fs::write(path, format!("{before}{}{made}{}{after}", MARKS.0, MARKS.1))
        .map_err(|why| format!("{path}: {why}"))
}
