//! Line differences of two short texts.

/// A line of either text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// A line of both.
    Both(&'a str),
    /// A line of the expected text only.
    Expected(&'a str),
    /// A line of the other text only.
    Got(&'a str),
}

/// The shortest edit from `expected` to `got`.
pub fn lines<'a>(expected: &'a str, got: &'a str) -> Vec<Line<'a>> {
    let want: Vec<&str> = expected.lines().collect();
    let have: Vec<&str> = got.lines().collect();
    let width = have.len() + 1;
    // common[i * width + j]: the number of lines that want[i..] and have[j..] have in common.
    let mut common = vec![0u32; (want.len() + 1) * width];
    let at = |common: &[u32], i: usize, j: usize| common.get(i * width + j).copied().unwrap_or(0);
    for (i, x) in want.iter().enumerate().rev() {
        for (j, y) in have.iter().enumerate().rev() {
            let best = if x == y {
                at(&common, i + 1, j + 1) + 1
            } else {
                at(&common, i + 1, j).max(at(&common, i, j + 1))
            };
            if let Some(cell) = common.get_mut(i * width + j) {
                *cell = best;
            }
        }
    }
    let mut i = 0;
    let mut j = 0;
    let mut out = Vec::new();
    loop {
        match (want.get(i), have.get(j)) {
            (Some(x), Some(y)) if x == y => {
                out.push(Line::Both(x));
                (i, j) = (i + 1, j + 1);
            }
            (Some(x), y) if y.is_none() || at(&common, i + 1, j) >= at(&common, i, j + 1) => {
                out.push(Line::Expected(x));
                i += 1;
            }
            (_, Some(y)) => {
                out.push(Line::Got(y));
                j += 1;
            }
            _ => break,
        }
    }
    out
}

/// The number of lines that differ.
pub fn differing(expected: &str, got: &str) -> usize {
    lines(expected, got).iter().filter(|line| !matches!(line, Line::Both(_))).count()
}

/// The first lines that differ: the expected one, the other one.
pub fn first<'a>(expected: &'a str, got: &'a str) -> (&'a str, &'a str) {
    let mut want = expected.lines();
    let mut have = got.lines();
    loop {
        match (want.next(), have.next()) {
            (None, None) => return ("", ""),
            (x, y) if x != y => return (x.unwrap_or(""), y.unwrap_or("")),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits() {
        use Line::{Both, Expected, Got};
        assert_eq!(lines("a\nb\nc", "a\nx\nc"), [Both("a"), Expected("b"), Got("x"), Both("c")]);
        assert_eq!(differing("a\nb", "b\nc"), 2);
        assert_eq!(first("a\nb", "a"), ("b", ""));
    }
}
