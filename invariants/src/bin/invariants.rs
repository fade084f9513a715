//! `invariants FILE...`: which invariants do not hold for these documents, under every release.

#![allow(clippy::disallowed_methods, reason = "it looks at the files that it is given")]

use std::process::ExitCode;

use virtargv::Release;
use virtargv_invariants::document;
use virtargv_strategies::Machine;

fn main() -> ExitCode {
    let mut faults = 0u32;
    for path in std::env::args_os().skip(1) {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("invariants: {}: {error}", path.display());
                return ExitCode::from(2);
            }
        };
        for release in Release::ALL {
            if let Err(fault) = document::check(&text, Machine::of_document(&text), *release) {
                println!("{} under {release}: {fault}", path.display());
                faults = faults.saturating_add(1);
            }
        }
    }
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
