//! JUnit's XML: a suite for each document, a case for each error in it, or one case where it has none.

use std::fmt::Write as _;

use virtargv::Severity;

use super::Layout;
use crate::check::result::{Document, Finding, Outcome, Totals};

pub(super) struct Junit;

impl Layout for Junit {
    fn begin(&self) -> String {
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"virtargv check\">\n".to_owned()
    }

    fn document(&self, document: &Document<'_>) -> String {
        let name = escape(document.name);
        match &document.outcome {
            Outcome::Checked(checked) => checked_suite(&name, &checked.findings()),
            Outcome::Unchecked(why) => {
                let why = escape(why);
                let error = format!("<error type=\"unchecked\" message=\"{why}\"/>");
                suite(&name, [0, 1, 0], &case(&name, &name, &error))
            }
            Outcome::Skipped(what) => {
                let skipped = format!("<skipped message=\"{}\"/>", escape(what));
                suite(&name, [0, 0, 1], &case(&name, &name, &skipped))
            }
        }
    }

    fn end(&self, _: &Totals) -> String {
        "</testsuites>\n".to_owned()
    }
}

fn checked_suite(name: &str, findings: &[Finding<'_>]) -> String {
    let mut cases = String::new();
    let mut other = String::new();
    let mut failures = 0;
    for finding in findings {
        let problem = finding.problem;
        let (id, message, help) = (problem.id(), escape(&problem.to_string()), escape(&finding.help_line()));
        let place =
            finding.region.as_ref().map_or_else(String::new, |at| format!(":{}:{}", at.line, at.column));
        let text = format!("{name}{place}: {}[{id}]: {message}{help}\n", problem.severity.id());
        if problem.severity < Severity::Error {
            other.push_str(&text);
            continue;
        }
        failures += 1;
        let failure = format!("<failure type=\"{id}\" message=\"{message}\">{text}</failure>");
        cases.push_str(&case(name, &format!("{id}{place}"), &failure));
    }
    if failures == 0 {
        cases = case(name, name, "");
    }
    if !other.is_empty() {
        let _ = writeln!(cases, "    <system-out>{other}</system-out>");
    }
    suite(name, [failures, 0, 0], &cases)
}

/// A suite with these numbers of failures, errors and skipped cases; one case is there in any case.
fn suite(name: &str, [failures, errors, skipped]: [usize; 3], content: &str) -> String {
    let tests = failures.max(1);
    format!(
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">\n\
         {content}  </testsuite>\n"
    )
}

fn case(class: &str, name: &str, content: &str) -> String {
    let open = format!("    <testcase classname=\"{class}\" name=\"{name}\"");
    if content.is_empty() { format!("{open}/>\n") } else { format!("{open}>{content}</testcase>\n") }
}

/// `text` in XML. Characters that XML does not have are written as Rust writes them.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}
