//! `--verify`: the command lines of a set against the recorded replies of the QEMU that each is for.
//!
//! A command line that is libvirt's own can break a rule too: libvirt's tests make lines for a QEMU with flags added or
//! removed, and never start one. What is wrong is counted, and the run fails where a line that is not libvirt's is refused.

use std::collections::{BTreeMap, BTreeSet};

use virtargv::Severity;
use virtargv::verify::{Verified, Why, verify as verified};

use crate::Row;
use crate::compare::Verdict;
use crate::corpus::Corpus;

/// What was verified of a set.
#[derive(Default)]
struct Sums {
    lines: usize,
    without_replies: usize,
    options: usize,
    refused: usize,
    /// Lines with an error that are not libvirt's.
    not_libvirts: usize,
    /// What is wrong, without the names of the devices, with the cases.
    problems: BTreeMap<String, BTreeSet<String>>,
    /// What was not checked, with the number of options.
    unchecked: BTreeMap<String, usize>,
}

/// Verifies the command lines of `rows`, and prints the sums, and with `list` each problem. Returns whether no line is
/// refused but libvirt's own.
pub fn verify(corpus: &Corpus, rows: &[Row<'_>], list: bool) -> Result<bool, String> {
    let mut sums = Sums::default();
    for row in rows {
        let Some(line) = &row.got.line else { continue };
        let replies = match (row.case.text("caps_arch"), row.case.text("caps_ver")) {
            (Some(arch), Some(version)) => {
                corpus.replies(arch, version, row.case.text("caps_variant").unwrap_or(""))
            }
            // A list of flags is no QEMU.
            _ => Ok(None),
        };
        match replies {
            Ok(Some(replies)) => sums.add(row, &verified(line, &replies), list),
            Ok(None) => sums.without_replies += 1,
            // A QEMU before 2.5 has no schema.
            Err(why) if why.contains("query-qmp-schema") => sums.without_replies += 1,
            Err(why) => return Err(why),
        }
    }
    sums.print();
    Ok(sums.not_libvirts == 0)
}

impl Sums {
    fn add(&mut self, row: &Row<'_>, found: &Verified, list: bool) {
        self.lines += 1;
        self.options += found.checked;
        let is_libvirts = row.verdict == Verdict::Agrees;
        let is_refused = found.report.refuses();
        self.refused += usize::from(is_refused);
        self.not_libvirts += usize::from(is_refused && !is_libvirts);
        for problem in &found.report {
            let (before, after) = problem.message.split_once(" of QEMU ").unwrap_or_default();
            let option = before.split(' ').next().unwrap_or_default();
            let what = after.split_once(": ").map_or(after, |(_, what)| what);
            let severity = if problem.severity == Severity::Error { "" } else { "warning: " };
            let key = format!("{severity}{option} {what}");
            self.problems.entry(key).or_default().insert(row.case.id.clone());
            if list {
                let whose = if is_libvirts { "libvirt's line" } else { "not libvirt's line" };
                println!("{:<60} {severity}{} ({whose})", row.case.id, problem.message);
            }
        }
        for unchecked in &found.unchecked {
            let why = match &unchecked.why {
                Why::NotDescribed => "QEMU describes it nowhere".to_owned(),
                Why::NotByThisQemu => "this QEMU does not describe it".to_owned(),
                Why::NoProperties(_) => "no properties of its type were recorded".to_owned(),
            };
            *self.unchecked.entry(format!("{}: {why}", unchecked.option)).or_default() += 1;
        }
    }

    fn print(&self) {
        for (problem, cases) in &self.problems {
            let first = cases.first().map_or("", String::as_str);
            println!("{:>5}  {problem}  (such as {first})", cases.len());
        }
        for (what, options) in &self.unchecked {
            println!("{options:>5}  not checked: {what}");
        }
        println!(
            "{} command lines with {} checked options: {} valid, {} refused, of which {} are not libvirt's; \
             {} command lines are for a QEMU without recorded replies",
            self.lines,
            self.options,
            self.lines - self.refused,
            self.refused,
            self.not_libvirts,
            self.without_replies,
        );
    }
}
