//! `virtargv check --fix`: applies the edits that mend problems to the text of the documents.

mod diff;

use virtargv::model::advice::{Fixes, apply};
use virtargv::render::escaped;
use virtargv::{Report, Source};

use crate::{Done, FINE, REFUSED, Unusable, input};

/// Mends each of `files`, of which `check` gives the text and the report, or prints what would be changed. The text of
/// standard input is printed.
pub(crate) fn run(
    files: &[String],
    dry_run: bool,
    mut check: impl FnMut(&str) -> Result<(String, Report), Unusable>,
) -> Done {
    let (mut mended, mut left) = (0, 0);
    for file in files {
        let (text, report) = check(file)?;
        let fixes = Source::new(&text).fixes(&report);
        mended += fixes.mended.len();
        left += report.len() - fixes.mended.len();
        write(file, &text, fixes, dry_run)?;
    }
    let verb = if dry_run { "would be mended" } else { "mended" };
    let problems = if mended == 1 { "problem" } else { "problems" };
    anstream::eprintln!("{mended} {problems} {verb}, {left} left");
    Ok(if left == 0 { FINE } else { REFUSED })
}

fn write(file: &str, text: &str, fixes: Fixes<'_>, dry_run: bool) -> Result<(), Unusable> {
    if dry_run {
        let diff = diff::unified(&escaped(input::shown(file)), text, &fixes.replacements);
        anstream::print!("{}", escape_lines(&diff));
        return Ok(());
    }
    let is_changed = !fixes.replacements.is_empty();
    let new = apply(text, fixes.replacements);
    if file == "-" {
        print!("{new}");
        return Ok(());
    }
    if is_changed {
        std::fs::write(file, new).map_err(|e| Unusable(format!("cannot write `{}`: {e}", escaped(file))))?;
    }
    Ok(())
}

/// The lines of a diff as a terminal may have them; a diff for a program goes through unchanged.
fn escape_lines(diff: &str) -> String {
    use std::io::IsTerminal as _;
    if !std::io::stdout().is_terminal() {
        return diff.to_owned();
    }
    diff.split_inclusive('\n')
        .map(|line| match line.strip_suffix('\n') {
            Some(line) => format!("{}\n", escaped(line)),
            None => escaped(line).into_owned(),
        })
        .collect()
}
