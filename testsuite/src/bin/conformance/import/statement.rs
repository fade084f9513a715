//! The statements of the function that runs the tests, in the order in which they run.

use super::fault::{Fault, NOT_KNOWN};
use super::token::{Token, group, shown, split};

/// A statement.
#[derive(Debug)]
pub enum Statement<'a> {
    /// A call whose result is dropped, or looked at by an `if`.
    Call {
        /// The function.
        name: &'a str,
        /// Its arguments.
        args: Vec<&'a [Token]>,
        /// The line of the call.
        line: u32,
    },
    /// `a = b = value`, and declarations with an initial value.
    Assign {
        /// What is assigned to.
        targets: Vec<&'a [Token]>,
        /// The value.
        value: &'a [Token],
        /// The line.
        line: u32,
    },
    /// Anything else.
    Other {
        /// The line.
        line: u32,
        /// Its text.
        text: String,
    },
}

/// The functions and macros that define or run a case.
const RUN: [&str; 4] = ["testRun", "virTestRun", "virTestRunLog", "testQemuInfoSetArgs"];

/// Whether `word` defines or runs a case.
fn runs(word: &str) -> bool {
    RUN.contains(&word) || word.starts_with("DO_TEST")
}

/// The body of the function `name` in `tokens`, without its braces.
pub fn body<'a>(tokens: &'a [Token], name: &str) -> Option<&'a [Token]> {
    let starts = tokens.iter().enumerate().filter(|(_, token)| token.word() == Some(name));
    let mut bodies = starts.filter_map(|(at, _)| {
        let rest = tokens.get(at + 1..)?;
        let rest = rest.first().filter(|t| t.is('(')).and_then(|_| rest.get(group(rest)..))?;
        rest.first().filter(|token| token.is('{'))?;
        rest.get(1..group(rest).saturating_sub(1))
    });
    bodies.next()
}

/// The statements of `body`.
pub fn statements(body: &[Token]) -> Result<Vec<Statement<'_>>, Fault> {
    let mut found = Vec::new();
    let mut rest = body;
    while let Some(first) = rest.first() {
        rest = match first.word() {
            Some(keyword @ ("if" | "for" | "while" | "switch")) => condition(keyword, rest, &mut found)?,
            // What is in the block of `do { } while (0)` runs once.
            Some("do" | "else") => rest.get(1..).unwrap_or_default(),
            _ if first.is('{') || first.is('}') || first.is(';') => rest.get(1..).unwrap_or_default(),
            _ => {
                let end = simple(rest);
                found.push(statement(rest.get(..end).unwrap_or(rest), first.line));
                rest.get(end + 1..).unwrap_or_default()
            }
        };
    }
    Ok(found)
}

/// The number of tokens before the semicolon of a simple statement.
fn simple(tokens: &[Token]) -> usize {
    let mut at = 0;
    while let Some(token) = tokens.get(at).filter(|token| !token.is(';')) {
        let bracket = token.is('(') || token.is('{') || token.is('[');
        at += if bracket { tokens.get(at..).map_or(1, group) } else { 1 };
    }
    at
}

/// Reads `keyword (condition) statement`: calls in the condition run, the statement is what a failure leads to.
fn condition<'a>(
    keyword: &str,
    tokens: &'a [Token],
    found: &mut Vec<Statement<'a>>,
) -> Result<&'a [Token], Fault> {
    let rest = tokens.get(1..).unwrap_or_default();
    let end = group(rest);
    let (asked, rest) = rest.split_at_checked(end).unwrap_or((rest, &[]));
    calls(asked, found);
    let length = match rest.first() {
        Some(token) if token.is('{') => group(rest),
        _ => simple(rest) + 1,
    };
    let (guarded, rest) = rest.split_at_checked(length).unwrap_or((rest, &[]));
    match guarded.iter().find(|token| token.word().is_some_and(runs)) {
        Some(test) => {
            let what = format!("'{}' is within '{keyword}'", test.word().unwrap_or_default());
            Err(Fault::at(test.line, what, "the importer reads cases that always run, each once"))
        }
        None => Ok(rest),
    }
}

/// Adds the calls in an expression.
fn calls<'a>(tokens: &'a [Token], found: &mut Vec<Statement<'a>>) {
    let mut at = 0;
    while let Some(rest) = tokens.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some((call, length)) = call(rest) {
            found.push(call);
            at += length;
        } else {
            at += 1;
        }
    }
}

/// The call that `tokens` begin with, and its number of tokens.
fn call(tokens: &[Token]) -> Option<(Statement<'_>, usize)> {
    let [name, rest @ ..] = tokens else { return None };
    rest.first().filter(|token| token.is('('))?;
    let end = group(rest);
    let inner = rest.get(1..end.saturating_sub(1))?;
    let args = if inner.is_empty() { Vec::new() } else { split(inner, ',') };
    Some((Statement::Call { name: name.word()?, args, line: name.line }, end + 1))
}

/// A statement without its semicolon.
fn statement(tokens: &[Token], line: u32) -> Statement<'_> {
    if let Some((call, length)) = call(tokens)
        && length == tokens.len()
    {
        return call;
    }
    let mut targets = split(tokens, '=');
    match targets.pop() {
        Some(value) if !targets.is_empty() => Statement::Assign { targets, value, line },
        _ => Statement::Other { line, text: shown(tokens) },
    }
}

/// The fault of a statement that may change what the cases after it are to give.
pub fn not_understood(line: u32, text: &str) -> Fault {
    Fault::at(line, format!("the statement '{text}' is not understood"), NOT_KNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::token::tokens;

    fn shown_statements(text: &str) -> Result<Vec<String>, String> {
        let tokens = tokens(text, "").unwrap();
        let body = body(&tokens, "mymain").unwrap();
        let one = |statement: Statement<'_>| match statement {
            Statement::Call { name, args, .. } => {
                format!("{name}: {}", args.into_iter().map(shown).collect::<Vec<_>>().join("; "))
            }
            Statement::Assign { targets, value, .. } => {
                let targets: Vec<String> = targets.into_iter().map(shown).collect();
                format!("{} = {}", targets.join(" = "), shown(value))
            }
            Statement::Other { text, .. } => format!("other {text}"),
        };
        let found = statements(body).map_err(|fault| fault.of("list.c").to_string())?;
        Ok(found.into_iter().map(one).collect())
    }

    #[test]
    fn statements_in_their_order() {
        let text = "static int mymain(void) { do { T info = { .name = \"a\" }; if (virTestRun(f(1), &info) < 0) ret = 1; } \
                    while (0); a.b = c.d = 0; int e; if (!x) { return 1; } g(); }";
        let expected =
            ["T info = {.name=\"a\"}", "virTestRun: f(1); &info", "a.b = c.d = 0", "other int e", "g: "];
        assert_eq!(shown_statements(text).unwrap(), expected);
    }

    #[test]
    fn a_case_that_runs_under_a_condition_is_a_fault() {
        let fault = shown_statements("int mymain(void) {\n if (x)\n DO_TEST(\"a\"); }").unwrap_err();
        assert_eq!(fault.lines().next(), Some("list.c:3: 'DO_TEST' is within 'if'"));
    }
}
