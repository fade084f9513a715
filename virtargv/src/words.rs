//! Which words of a list the rest of a document leaves.
//!
//! What machine type, architecture, kind of device and QEMU exclude is written in the rules, and nowhere else: each word is put into
//! the document in place of the bad value, and those that a rule refuses at that place are left out of the help. What a rule asks
//! for elsewhere, such as a `<source>` that the word needs, leaves it in.

use virtargv_host::Request;
use virtargv_model::advice::{Choices, apply};
use virtargv_model::{Edit, Place, Problem, Report, Severity, Source};

/// The most bytes of text that are read in search of words, so that a long document with many bad values takes no longer than
/// its own reading. Without a trial the words are those of the domain format.
const MOST: usize = 4 << 20;

/// Leaves those words in the help of the bad values of `report`, which is that of `text`, that the rest of the document allows.
pub fn narrow_words(text: &str, request: &Request<'_>, report: &mut Report) {
    narrow(text, text.len(), report, |text| {
        let read = virtargv_model::parse_as(text, request.release());
        let resolved = virtargv_resolve::resolve(read, request);
        virtargv_validate::validate(resolved, request).report
    });
}

/// As [`narrow_words`], of a text with the problems that `problems` tells, which reads `cost` bytes.
pub(crate) fn narrow(text: &str, cost: usize, report: &mut Report, problems: impl Fn(&str) -> Report) {
    if report.iter().all(|problem| problem.choices().is_none()) {
        return;
    }
    let before: Vec<(&str, Place)> =
        report.iter().map(|problem| (problem.id(), problem.place.clone())).collect();
    let source = Source::new(text);
    let mut left = MOST;
    report.narrow(|choices, word| {
        let edit = Edit::value(choices.place.clone(), word);
        let Some(replacements) = source.replacements(std::slice::from_ref(&edit)) else { return true };
        match left.checked_sub(cost) {
            Some(less) => left = less,
            None => return true,
        }
        let text = apply(text, replacements);
        !is_refused(&text, &problems(&text), choices, word, &before)
    });
}

/// Whether a rule refuses `word`, which is in `text` in place of a bad value: `report` has the problems of `text`. Problems that
/// the document had `before` are none of the word.
fn is_refused(text: &str, report: &Report, choices: &Choices, word: &str, before: &[(&str, Place)]) -> bool {
    let source = Source::new(text);
    let is_of_word = |problem: &&Problem| {
        problem.severity == Severity::Error
            && (problem.message.contains(&format!("`{word}`"))
                || problem.message.contains(&format!("='{word}'")))
            && source.is_same(&problem.place, &choices.place)
            && !before.iter().any(|(id, place)| *id == problem.id() && *place == problem.place)
    };
    report.iter().find(is_of_word).is_some()
}
