//! Names of images in messages. They come from headers, so they can be long and can have control characters in them.

use virtargv_model::one_line;

/// The most characters of a name that are shown.
const MAX_NAME: usize = 200;
/// How many images of a long chain are shown, at its beginning and at its end.
const ENDS: usize = 3;

/// A name on one line: cut off, and without control characters.
pub(super) fn shown(name: &str) -> String {
    let cut = name.char_indices().nth(MAX_NAME).and_then(|(at, _)| name.get(..at));
    cut.map_or_else(|| one_line(name), |start| one_line(start) + "...")
}

/// A chain, such as `a -> b -> c (missing)`, where `mark` is what follows the last name. The middle of a long chain is
/// left out.
pub(super) fn shown_chain(names: &[String], mark: &str) -> String {
    let all = |names: &[String]| names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(" -> ");
    let left_out = names.len().saturating_sub(2 * ENDS);
    let chain = match (names.first_chunk::<ENDS>(), names.last_chunk::<ENDS>()) {
        (Some(first), Some(last)) if left_out > 1 => {
            format!("{} -> {left_out} more -> {}", all(first), all(last))
        }
        _ => all(names),
    };
    format!("{chain}{mark}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(count: usize, expected: Expect) {
        let names: Vec<String> = (0..count).map(|n| format!("/i/{n}")).collect();
        expected.assert_eq(&shown_chain(&names, " (missing)"));
    }

    #[test]
    fn the_middle_of_a_long_chain_is_left_out() {
        check(1, expect!["/i/0 (missing)"]);
        check(3, expect!["/i/0 -> /i/1 -> /i/2 (missing)"]);
        check(7, expect!["/i/0 -> /i/1 -> /i/2 -> /i/3 -> /i/4 -> /i/5 -> /i/6 (missing)"]);
        check(200, expect!["/i/0 -> /i/1 -> /i/2 -> 194 more -> /i/197 -> /i/198 -> /i/199 (missing)"]);
    }

    #[test]
    fn names_are_shown_on_one_line() {
        expect![r"/i/a\n\u{1b}[2Jb"].assert_eq(&shown("/i/a\n\u{1b}[2Jb"));
        assert_eq!(shown(&"x".repeat(100_000)).len(), 203);
    }
}
