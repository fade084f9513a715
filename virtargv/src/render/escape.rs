//! Text of documents, file names and programs as it is shown on a terminal: no character of it is a command to the terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` with its control characters, and characters that change the direction of writing, written as Rust writes them in
/// a string: `\n`, `\u{1b}`.
pub fn escaped(text: &str) -> Cow<'_, str> {
    escaped_but(text, |_| false)
}

/// As [`escaped`], but `keep` says which characters stay as they are.
pub(super) fn escaped_but(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let special = |c: char| is_command(c) && !keep(c);
    if !text.contains(special) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if special(c) {
            let _ = match c {
                '\n' | '\r' | '\t' => write!(out, "{}", c.escape_default()),
                c => write!(out, "{}", c.escape_unicode()),
            };
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Whether a terminal may act on `c` instead of showing it.
fn is_command(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters() {
        let check = |text: &str, expected: &str| assert_eq!(escaped(text), expected);
        check("plain \u{e9} \u{4e2d}", "plain \u{e9} \u{4e2d}");
        check("a\u{1b}[31mb", "a\\u{1b}[31mb");
        check("bell\u{7} del\u{7f} csi\u{9b}2J", "bell\\u{7} del\\u{7f} csi\\u{9b}2J");
        check("two\nlines\r\t", "two\\nlines\\r\\t");
        check("\u{202e}txt.exe", "\\u{202e}txt.exe");
        assert_eq!(escaped_but("a\nb\u{7}", |c| c == '\n'), "a\nb\\u{7}");
    }
}
