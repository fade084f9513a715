//! The known word that is nearest to an unknown one.

/// A known word that is probably meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nearest<'a> {
    /// The known word.
    pub word: &'a str,
    /// Whether no other can be meant, so that the text can be changed without asking: it differs in a letter or two of a
    /// longer word, or in case only, and no other known word is as near.
    pub is_sure: bool,
}

/// What a switch is called where it is not called so here.
const SWITCHES: [&[&str]; 2] =
    [&["yes", "on", "true", "enabled", "enable", "1"], &["no", "off", "false", "disabled", "disable", "0"]];

/// The word of `candidates` that is nearest to `word`; `None` where none is near. Of words that are equally near it is the
/// first.
///
/// ```
/// use virtargv_model::advice::nearest;
///
/// let found = nearest("writebck", ["none", "writethrough", "writeback"]).expect("one is near");
/// assert_eq!((found.word, found.is_sure), ("writeback", true));
/// assert_eq!(nearest("virtio", ["none", "writeback"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<Nearest<'a>> {
    let lower = word.to_lowercase();
    let switch = SWITCHES.into_iter().find(|words| words.contains(&lower.as_str()));
    let mut best: Option<(Distance, &'a str)> = None;
    let mut is_alone = true;
    for candidate in candidates.into_iter().filter(|candidate| *candidate != word) {
        let Some(distance) = distance(&lower, candidate, switch) else { continue };
        match best {
            Some((least, _)) if distance > least => {}
            Some((least, other)) if distance == least => is_alone &= other == candidate,
            _ => (best, is_alone) = (Some((distance, candidate)), true),
        }
    }
    let (distance, found) = best?;
    let is_sure = match distance {
        Distance::Same | Distance::Switch => true,
        Distance::Letters(letters) => letters * 4 <= lower.chars().count(),
        Distance::Begins(_) => false,
    };
    Some(Nearest { word: found, is_sure: is_sure && is_alone })
}

/// How far a known word is from an unknown one, nearest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Distance {
    /// They differ in case only.
    Same,
    /// Both are words for one state of a switch.
    Switch,
    /// Letters to change, add, leave out or swap.
    Letters(usize),
    /// The known word begins with the unknown one, and goes on for this number of bytes.
    Begins(usize),
}

/// The longest word that is compared by its letters.
const LONGEST: usize = 64;

fn distance(lower: &str, candidate: &str, switch: Option<&[&str]>) -> Option<Distance> {
    let known = candidate.to_lowercase();
    if known == lower {
        return Some(Distance::Same);
    }
    if switch.is_some_and(|words| words.contains(&known.as_str())) {
        return Some(Distance::Switch);
    }
    if lower.is_empty() || lower.len() > LONGEST || known.len() > LONGEST {
        return None;
    }
    let letters = strsim::osa_distance(lower, &known);
    if letters <= lower.chars().count().max(3) / 3 && letters < known.chars().count() {
        return Some(Distance::Letters(letters));
    }
    let rest = known.strip_prefix(lower)?;
    (lower.len() >= 3).then_some(Distance::Begins(rest.len()))
}

/// The beginning of a help text: "did you mean `word`?", or nothing.
pub fn did_you_mean(found: Option<Nearest<'_>>) -> String {
    found.map_or(String::new(), |found| format!("did you mean `{}`?", found.word))
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
        check("e1000x", &["e1000", "e1000e", "virtio-net-pci"], "e1000", false);
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
    fn lists() {
        assert_eq!(list(["a", "b"]), "`a`, `b`");
        assert!(list(["a"; 70]).ends_with("`a`, ..."));
    }
}
