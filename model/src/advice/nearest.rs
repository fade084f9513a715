//! The known word that is nearest to an unknown one.

use std::borrow::Cow;

/// A known word that is probably meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nearest<'a> {
    /// The known word.
    pub word: &'a str,
    /// Another known word that is as near.
    pub other: Option<&'a str>,
    /// Whether no other can be meant, so that the text can be changed without asking: it differs in a letter or two of a
    /// longer word, or in case only, and no other known word is as near.
    pub is_sure: bool,
}

/// Words that are written for each other. Where one of a row is not known, another of the row that is known is meant.
const SYNONYMS: [&[&str]; 11] = [
    &["yes", "on", "true", "enabled", "enable", "1", "up", "unmap"],
    &["no", "off", "false", "disabled", "disable", "0", "down", "ignore"],
    &["passthrough", "passthru", "pass-through"],
    &["restart", "reset", "reboot"],
    &["destroy", "shutdown", "poweroff", "off", "stop"],
    &["persistent", "primary"],
    &["transient", "secondary", "standby"],
    &["efi", "uefi", "ovmf", "edk2", "aavmf"],
    &["bios", "seabios"],
    &["emulator", "swtpm"],
    &["qcow2", "qcow3"],
];

/// The word of `candidates` that is nearest to `word`; `None` where none is near. Of words that are equally near it is the
/// first that is as long as `word`, else the first.
///
/// ```
/// use virtargv_model::advice::nearest;
///
/// let found = nearest("writebck", ["none", "writethrough", "writeback"]).expect("one is near");
/// assert_eq!((found.word, found.is_sure), ("writeback", true));
/// assert_eq!(nearest("virtio", ["none", "writeback"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<Nearest<'a>> {
    let unknown = Unknown::new(word);
    let length = |word: &str| word.chars().count().abs_diff(unknown.length);
    let mut best: Option<(Distance, &'a str)> = None;
    let mut other = None;
    for candidate in candidates.into_iter().filter(|candidate| *candidate != word) {
        let Some(distance) = unknown.distance(candidate) else { continue };
        match best {
            Some((least, _)) if distance > least => {}
            Some((_, found)) if found == candidate => {}
            Some((least, found)) if distance == least && length(candidate) >= length(found) => {
                other = other.or(Some(candidate));
            }
            Some((least, found)) => {
                other = if distance == least { Some(found) } else { None };
                best = Some((distance, candidate));
            }
            None => best = Some((distance, candidate)),
        }
    }
    let (distance, found) = best?;
    let is_sure = match distance {
        Distance::Same | Distance::Synonym => true,
        Distance::Letters(letters) => letters * 4 <= unknown.length,
        Distance::Begins(_) | Distance::GoesOn(_) => false,
    };
    Some(Nearest { word: found, other, is_sure: is_sure && other.is_none() })
}

/// How far a known word is from an unknown one, nearest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Distance {
    /// They differ in case only.
    Same,
    /// They are written for each other.
    Synonym,
    /// Letters to change, add, leave out or swap.
    Letters(usize),
    /// The known word begins with the unknown one, and goes on for this number of bytes.
    Begins(usize),
    /// The unknown word is the known one with more after a hyphen: this number of bytes.
    GoesOn(usize),
}

/// The longest word that is compared by its letters.
const LONGEST: usize = 64;

/// An unknown word, with what is compared with every known one.
struct Unknown {
    /// In lower case.
    lower: String,
    /// The number of its characters.
    length: usize,
    /// The [letters](letters) in it.
    letters: u64,
    /// The rows of [`SYNONYMS`] with it.
    synonyms: Vec<&'static [&'static str]>,
}

impl Unknown {
    fn new(word: &str) -> Self {
        let lower = word.to_lowercase();
        let synonyms = SYNONYMS.into_iter().filter(|words| words.contains(&lower.as_str())).collect();
        Self { length: lower.chars().count(), letters: letters(&lower), synonyms, lower }
    }

    /// How far `candidate` is; `None` where it is not near.
    fn distance(&self, candidate: &str) -> Option<Distance> {
        let lower = self.lower.as_str();
        let is_lower = !candidate.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii());
        let known = if is_lower { Cow::Borrowed(candidate) } else { candidate.to_lowercase().into() };
        if known == lower {
            return Some(Distance::Same);
        }
        if self.synonyms.iter().any(|words| words.contains(&&*known)) {
            return Some(Distance::Synonym);
        }
        if lower.is_empty() || lower.len() > LONGEST || known.len() > LONGEST {
            return None;
        }
        let most = self.length.max(3) / 3;
        if self.can_be_within(most, &known) {
            let letters = strsim::osa_distance(lower, &known);
            if letters <= most && letters < known.chars().count() {
                return Some(Distance::Letters(letters));
            }
        }
        if let Some(rest) = known.strip_prefix(lower) {
            return (lower.len() >= 3).then_some(Distance::Begins(rest.len()));
        }
        let rest = lower.strip_prefix(&*known).filter(|rest| rest.starts_with('-'))?;
        Some(Distance::GoesOn(rest.len()))
    }

    /// Whether `known` can be this word with `most` letters changed. It answers for most known words without comparing letter by
    /// letter, which takes long.
    fn can_be_within(&self, most: usize, known: &str) -> bool {
        // A changed letter is one that only the unknown word has, and one that only the known word has.
        let different = (self.letters ^ letters(known)).count_ones() as usize;
        different <= 2 * most && self.length.abs_diff(known.chars().count()) <= most
    }
}

/// The letters in `word`, a bit each; some share one.
fn letters(word: &str) -> u64 {
    word.chars().fold(0, |letters, letter| letters | 1 << (u32::from(letter) % 64))
}

/// The beginning of a help text: "did you mean `word`?", or nothing.
pub fn did_you_mean(found: Option<Nearest<'_>>) -> String {
    match found {
        None => String::new(),
        Some(Nearest { word, other: None, .. }) => format!("did you mean `{word}`?"),
        Some(Nearest { word, other: Some(other), .. }) => format!("did you mean `{word}` or `{other}`?"),
    }
}

/// Known words of which one is to be used, for a help text: "`a`", "`a` or `b`", "one of `a`, `b`, `c`".
pub fn one_of(words: &[&str]) -> String {
    match words {
        [first, second] => format!("`{first}` or `{second}`"),
        [only] => format!("`{only}`"),
        words => format!("one of {}", list(words.iter().copied())),
    }
}

/// Known words for a help text, in backticks; of a long list the first only.
pub fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 64;
    let mut out = String::new();
    for (n, word) in words.into_iter().enumerate() {
        if n == MOST {
            out.push_str(", ...");
            break;
        }
        out.push_str(if n == 0 { "`" } else { ", `" });
        out.push_str(word);
        out.push('`');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_words() {
        let check = |word: &str, known: &[&str], expected: &str, is_sure: bool| {
            let found = nearest(word, known.iter().copied()).map_or(("", false), |n| (n.word, n.is_sure));
            assert_eq!(found, (expected, is_sure), "{word}");
        };
        check("currentmemory", &["memory", "currentMemory"], "currentMemory", true);
        check("q36", &["pc", "q35"], "q35", false);
        check("e1000x", &["e1000", "e1000e", "virtio-net-pci"], "e1000e", false);
        check("qcow3", &["raw", "qcow", "qcow2"], "qcow2", true);
        check("qcow4", &["raw", "qcow", "qcow2"], "qcow2", false);
        check("passthru", &["mapped", "passthrough"], "passthrough", true);
        check("reboot", &["destroy", "restart"], "restart", true);
        check("virtio-rng", &["virtio", "virtio-transitional"], "virtio", false);
        check("Skylake", &["Broadwell", "Skylake-Server", "Skylake-Client"], "Skylake-Server", false);
        check("wirteback", &["writeback", "writethrough"], "writeback", true);
        check("true", &["off", "on"], "on", true);
        check("0", &["yes", "no"], "no", true);
        check("xyz", &["virtio", "sata"], "", false);
        check("ab", &["cd", "x"], "", false);
        check("", &["a"], "", false);
        check("virtio", &["virtio"], "", false);
        check(&"a".repeat(5000), &["a"], "", false);
    }

    #[test]
    fn words_that_are_equally_near_are_named_together() {
        let check = |word: &str, known: &[&str], expected: &str| {
            assert_eq!(did_you_mean(nearest(word, known.iter().copied())), expected, "{word}");
        };
        check(
            "Skylake",
            &["Skylake-Server", "Skylake-Client"],
            "did you mean `Skylake-Server` or `Skylake-Client`?",
        );
        check("e1000x", &["e1000", "e1000e"], "did you mean `e1000e` or `e1000`?");
        check("q36", &["pc", "q35"], "did you mean `q35`?");
        check("xyz", &["pc"], "");
    }

    #[test]
    fn only_words_that_are_not_near_are_left_out_beforehand() {
        let words = [
            "",
            "a",
            "ab",
            "ba",
            "abc",
            "acb",
            "xabc",
            "äöü",
            "äöu",
            "auo",
            "writeback",
            "wirtebakc",
            "rightback",
        ];
        for (word, known) in words.iter().flat_map(|word| words.map(|known| (*word, known))) {
            let distance = strsim::osa_distance(word, known);
            assert!(Unknown::new(word).can_be_within(distance, known), "{word} and {known}");
        }
        assert!(!Unknown::new("writeback").can_be_within(3, "unmap"));
    }

    #[test]
    fn lists() {
        assert_eq!(one_of(&["a"]), "`a`");
        assert_eq!(one_of(&["a", "b"]), "`a` or `b`");
        assert_eq!(one_of(&["a", "b", "c"]), "one of `a`, `b`, `c`");
        assert_eq!(list(["a", "b"]), "`a`, `b`");
        assert!(list(["a"; 70]).ends_with("`a`, ..."));
    }
}
