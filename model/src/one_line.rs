//! Text of a document, a file name or a program, shown to people.

/// The text on one line: control characters, which could also change a terminal, are escaped.
///
/// ```
/// assert_eq!(virtargv_model::one_line("a\n\u{1b}[2J"), r"a\n\u{1b}[2J");
/// ```
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}
