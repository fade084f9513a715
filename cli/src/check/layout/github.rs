//! Workflow commands of GitHub Actions, which show problems beside the changed lines.

use std::fmt::Write as _;

use virtargv::Severity;

use super::Layout;
use crate::check::result::{Document, Finding, Outcome};

pub(super) struct Github;

impl Layout for Github {
    fn document(&self, document: &Document<'_>) -> String {
        let file = property(document.name);
        match &document.outcome {
            Outcome::Checked(checked) => {
                checked.findings().iter().map(|finding| command(&file, finding)).collect()
            }
            Outcome::Unchecked(why) => format!("::error file={file},title=unchecked::{}\n", data(why)),
            Outcome::Skipped(_) => String::new(),
        }
    }

    fn takes_summary(&self) -> bool {
        true
    }
}

fn command(file: &str, finding: &Finding<'_>) -> String {
    let problem = finding.problem;
    let word = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut out = format!("::{word} file={file}");
    if let Some(region) = &finding.region {
        let _ = write!(out, ",line={},endLine={}", region.line, region.end_line);
        // Columns are only taken where they are in one line; the last one belongs to the problem.
        if region.line == region.end_line {
            let last = region.end_column.saturating_sub(1).max(region.column);
            let _ = write!(out, ",col={},endColumn={last}", region.column);
        }
    }
    let mut text = problem.to_string();
    for (region, label) in &finding.labels {
        let line = region.as_ref().map_or_else(String::new, |region| format!("line {}: ", region.line));
        let _ = write!(text, "\n{line}{label}");
    }
    text.push_str(&finding.help_line());
    let _ = writeln!(out, ",title={}::{}", property(problem.id()), data(&text));
    out
}

/// `text` as the data of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// `text` as the value of a command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_or_a_property() {
        let check = |text: &str, as_data: &str, as_property: &str| {
            assert_eq!((data(text), property(text)), (as_data.to_owned(), as_property.to_owned()));
        };
        check("a::b,c", "a::b,c", "a%3A%3Ab%2Cc");
        check("100%\r\n::error::x", "100%25%0D%0A::error::x", "100%25%0D%0A%3A%3Aerror%3A%3Ax");
        check("%0A", "%250A", "%250A");
    }
}
