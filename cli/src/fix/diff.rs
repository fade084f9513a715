//! Replacements as a unified diff.

use std::fmt::Write as _;
use std::ops::Range;

use virtargv::model::advice::{Replacement, apply};

/// The number of lines that are shown before and after a change.
const CONTEXT: usize = 3;

/// Lines that are replaced.
struct Change {
    /// The numbers of the lines, from 0.
    old: Range<usize>,
    new: String,
}

/// What `replacements` change of the file `name` with `text`, as `diff -u` shows it; empty where they change nothing.
pub(super) fn unified(name: &str, text: &str, replacements: &[Replacement]) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let changes = changes(&lines, text, replacements);
    let mut out = String::new();
    let mut rest = changes.as_slice();
    let mut added = 0isize;
    while let Some(first) = rest.first() {
        let joins = |pair: &[Change]| match pair {
            [one, two] => two.old.start - one.old.end <= 2 * CONTEXT,
            _ => false,
        };
        let count = 1 + rest.windows(2).take_while(|pair| joins(pair)).count();
        let (hunk, others) = rest.split_at(count);
        rest = others;
        if out.is_empty() {
            let _ = writeln!(out, "--- {name}\n+++ {name}");
        }
        let last = hunk.last().unwrap_or(first);
        let shown = first.old.start.saturating_sub(CONTEXT)..(last.old.end + CONTEXT).min(lines.len());
        added = write_hunk(&mut out, &lines, shown, hunk, added);
    }
    out
}

/// Writes a hunk, and returns how many lines the new text has more than the old one after it.
fn write_hunk(
    out: &mut String,
    lines: &[&str],
    shown: Range<usize>,
    hunk: &[Change],
    before: isize,
) -> isize {
    let more: isize = hunk
        .iter()
        .map(|change| change.new.split_inclusive('\n').count().cast_signed() - change.old.len().cast_signed())
        .sum();
    let (start, len) = (shown.start.cast_signed() + 1, shown.len().cast_signed());
    let _ = writeln!(out, "@@ -{start},{len} +{},{} @@", start + before, len + more);
    let mut at = shown.start;
    let old = |range: Range<usize>| lines.get(range).unwrap_or_default().iter().copied();
    for change in hunk {
        write_lines(out, ' ', old(at..change.old.start));
        write_lines(out, '-', old(change.old.clone()));
        write_lines(out, '+', change.new.split_inclusive('\n'));
        at = change.old.end;
    }
    write_lines(out, ' ', old(at..shown.end));
    before + more
}

fn write_lines<'a>(out: &mut String, sign: char, lines: impl Iterator<Item = &'a str>) {
    for line in lines {
        out.push(sign);
        out.push_str(line);
        if !line.ends_with('\n') {
            out.push_str("\n\\ No newline at end of file\n");
        }
    }
}

/// The lines that are replaced, in order.
fn changes(lines: &[&str], text: &str, replacements: &[Replacement]) -> Vec<Change> {
    let mut starts = Vec::with_capacity(lines.len());
    let mut at = 0;
    for line in lines {
        starts.push(at);
        at += line.len();
    }
    let line_of = |byte: usize| starts.partition_point(|start| *start <= byte).saturating_sub(1);
    let start_of = |line: usize| starts.get(line).copied().unwrap_or(text.len());
    let mut sorted: Vec<&Replacement> = replacements.iter().collect();
    sorted.sort_by_key(|replacement| replacement.range.start);
    let mut groups: Vec<(Range<usize>, Vec<Replacement>)> = Vec::new();
    for replacement in sorted {
        let (first, last) = (line_of(replacement.range.start), line_of(replacement.range.end));
        match groups.last_mut() {
            Some((covered, group)) if first <= covered.end => {
                covered.end = covered.end.max(last + 1);
                group.push(replacement.clone());
            }
            _ => groups.push((first..last + 1, vec![replacement.clone()])),
        }
    }
    let change = |(old, mut group): (Range<usize>, Vec<Replacement>)| {
        let offset = start_of(old.start);
        let part = text.get(offset..start_of(old.end)).unwrap_or("");
        for replacement in &mut group {
            let range = &mut replacement.range;
            (range.start, range.end) = (range.start - offset, range.end - offset);
        }
        Change { old, new: apply(part, group) }
    };
    groups.into_iter().map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, replacements: &[(Range<usize>, &str)], expected: &str) {
        let replacements: Vec<Replacement> = replacements
            .iter()
            .map(|(range, new)| Replacement { range: range.clone(), text: (*new).to_owned() })
            .collect();
        assert_eq!(unified("f", text, &replacements), expected);
    }

    #[test]
    fn nothing_is_changed() {
        check("a\n", &[], "");
    }

    #[test]
    fn changes_that_are_near_are_in_one_hunk() {
        check(
            "a\nb\nc\nd\ne\nf\n",
            &[(2..3, "B"), (8..9, "E")],
            "--- f\n+++ f\n@@ -1,6 +1,6 @@\n a\n-b\n+B\n c\n d\n-e\n+E\n f\n",
        );
    }

    #[test]
    fn changes_that_are_apart_are_in_two() {
        let text = "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        check(
            text,
            &[(0..1, "x\ny"), (18..19, "z")],
            "--- f\n+++ f\n@@ -1,4 +1,5 @@\n-0\n+x\n+y\n 1\n 2\n 3\n@@ -7,4 +8,4 @@\n 6\n 7\n 8\n-9\n+z\n",
        );
    }

    #[test]
    fn a_line_can_go_and_the_last_can_lack_its_end() {
        check(
            "a\nb\nc",
            &[(1..3, ""), (4..5, "C")],
            "--- f\n+++ f\n@@ -1,3 +1,2 @@\n-a\n-b\n-c\n\\ No newline at end of file\n+a\n+C\n\\ No newline at end of file\n",
        );
    }
}
