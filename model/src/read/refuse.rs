//! Refusing values: what is said of a bad value, of one of another release, and of an attribute that is missing.

use super::{ATTRIBUTE_VALUE, El, LATER_WORD, Reader, meant};
use crate::{Classes, Message, Place, Span, advice};

impl Reader {
    /// Reports the value of the attribute `name`, which is none of `words` and which `expected` does not describe.
    #[cold]
    pub(super) fn refuse_value(
        &mut self,
        classes: Classes,
        el: El<'_>,
        name: &'static str,
        expected: &str,
        words: Vec<&'static str>,
    ) {
        let (place, text) = (el.pos().attr(name), el.get(name).unwrap_or_default());
        let what = format!("bad value `{text}` for `{name}` of `<{}>`", el.name());
        let expected = meant::expected(el.name(), name, expected);
        let message = bad_value(what, place.clone(), text, expected, words);
        let message = message.with_instead(meant::instead(el.name(), name, text));
        self.refuse_as(classes, &ATTRIBUTE_VALUE, place, message);
    }

    /// Reports the value of the attribute `name`, which only `releases` have.
    #[cold]
    pub(super) fn refuse_later_value(
        &mut self,
        classes: Classes,
        el: El<'_>,
        name: &'static str,
        releases: Span,
    ) {
        let text = el.get(name).unwrap_or_default();
        let what = format!("value `{text}` of `{name}` of `<{}>`", el.name());
        self.refuse_not_in_release(classes, el.pos().attr(name), &what, releases);
    }

    /// Reports that `what` is only in `releases`, which the release followed is none of.
    #[cold]
    pub(super) fn refuse_not_in_release(
        &mut self,
        classes: impl Into<Classes>,
        place: impl Into<Place>,
        what: &str,
        releases: Span,
    ) {
        let message = format!("{what} is in libvirt {releases}; the release followed is {}", self.release);
        self.refuse_as(classes, &LATER_WORD, place, message);
    }
}

/// The help for a value that was expected to be something else.
#[cold]
pub(super) fn write_what(expected: &str) -> String {
    format!("write {}", expected.trim_start_matches("expected "))
}

/// The message for an attribute that is not there, or is empty.
#[cold]
pub(crate) fn missing_attribute(el: El<'_>, name: &str) -> Message {
    let element = el.name();
    let (what, help) = match el.get(name) {
        None => {
            let mut names = el.attributes().iter().map(|given| given.name);
            let near = names.find(|given| advice::nearest(given, [name]).is_some());
            let help = match near {
                Some(near) => format!("did you mean `{name}=` where `{near}=` is?"),
                None => format!("add `{name}=` to `<{element}>`"),
            };
            (format!("`<{element}>` has no `{name}=`"), help)
        }
        Some(_) => (format!("`{name}=` of `<{element}>` is empty"), format!("write a value into `{name}=`")),
    };
    Message::new(what).with_help(help)
}

/// The message for a value: `what` it is, and what to write at `place` in its place, which is one of `words` or what
/// `expected` says.
#[cold]
pub(super) fn bad_value(
    what: String,
    place: Place,
    text: &str,
    expected: &str,
    words: Vec<&'static str>,
) -> Message {
    match expected.strip_prefix("expected ") {
        _ if !words.is_empty() => Message::new(what).with_words(place, text, words),
        Some(_) => Message::new(what).with_help(write_what(expected)),
        None => Message::new(format!("{what}: {expected}")),
    }
}
