//! How the time for a document grows with the number of its items, for every kind: `cargo bench -p virtargv-benches --bench
//! growth [-- [--sizes SMALL LARGE] [NAME]...]`. Without a name all kinds are measured, from 100 to 10 000 items.

use std::process::ExitCode;

use virtargv_benches::growth::{Cost, Kind, kinds};

/// The most that a document with many items may cost, relative to one with few.
const MOST: f64 = 1.5;

/// How often a kind is measured at most.
const TRIES: usize = 4;

fn main() -> ExitCode {
    let mut arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let mut sizes = (100, 10_000);
    if arguments.first().is_some_and(|first| first == "--sizes") {
        let mut numbers =
            arguments.drain(..arguments.len().min(3)).skip(1).filter_map(|size| size.parse().ok());
        sizes = (numbers.next().unwrap_or(sizes.0), numbers.next().unwrap_or(sizes.1));
    }
    let is_meant =
        |kind: &Kind| arguments.is_empty() || arguments.iter().any(|name| kind.name.contains(&**name));
    let mut worst = 0;
    println!(
        "{:<45} {:>9} {:>9} {:>6} {:>9} {:>9} {:>6}",
        "kind", "line", "", "growth", "check", "", "growth"
    );
    for kind in kinds().filter(|kind| is_meant(kind)) {
        let measured = match growth(kind, sizes) {
            Ok(measured) => measured,
            Err(why) => {
                eprintln!("{}: {why}", kind.name);
                return ExitCode::FAILURE;
            }
        };
        let (line, check, is_over) = (measured.line(), measured.check(), measured.worst() > MOST);
        let Growth { few, many } = measured;
        worst += usize::from(is_over);
        println!(
            "{:<45} {:>9.1} {:>9.1} {line:>6.2} {:>9.1} {:>9.1} {check:>6.2} {}{}",
            kind.name,
            few.line,
            many.line,
            few.check,
            many.check,
            if many.is_accepted { "" } else { "refused" },
            if is_over { " OVER" } else { "" },
        );
    }
    println!("{worst} over {MOST}");
    if worst == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What a kind costs with few and with many items.
struct Growth {
    few: Cost,
    many: Cost,
}

impl Growth {
    fn line(&self) -> f64 {
        self.many.line / self.few.line
    }

    fn check(&self) -> f64 {
        self.many.check / self.few.check
    }

    /// The larger of both.
    fn worst(&self) -> f64 {
        self.line().max(self.check())
    }
}

/// Measures `kind`; one that costs more than it may, again: other load makes it cost more, and nothing makes it cost less.
fn growth(kind: &Kind, sizes: (usize, usize)) -> Result<Growth, String> {
    let (few, many) = kind.sizes(sizes);
    let measure = || Ok::<_, String>(Growth { few: kind.cost(few, 20)?, many: kind.cost(many, 3)? });
    let mut least = measure()?;
    for _ in 1..TRIES {
        if least.worst() <= MOST {
            break;
        }
        let again = measure()?;
        if again.worst() < least.worst() {
            least = again;
        }
    }
    Ok(least)
}
