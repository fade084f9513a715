//! The options of a command line with their values as texts, as QEMU gets them.

use virtargv_qemu_cmd::{ArgValue, Argument};

/// An option and its value.
#[derive(Debug, Clone)]
pub(super) struct Word<'a> {
    /// The option with one dash.
    pub(super) option: &'a str,
    /// Its value as it is printed, before a shell quotes it; `None` where it has none.
    pub(super) value: Option<String>,
    /// The argument that it comes from.
    pub(super) argument: &'a Argument,
}

/// The options of `arguments`. Words of `<qemu:arg>` are told apart as QEMU does: one that starts with a dash is an option,
/// and its value is the next word if that is none.
pub(super) fn words(arguments: &[Argument]) -> impl Iterator<Item = Word<'_>> {
    let mut rest = arguments.iter().peekable();
    std::iter::from_fn(move || {
        loop {
            let argument = rest.next()?;
            if argument.value != ArgValue::Verbatim {
                return Some(Word { option: &argument.option, value: argument.value_text(), argument });
            }
            if !is_option(&argument.option) {
                // An image without an option.
                continue;
            }
            let value = rest
                .next_if(|next| next.value == ArgValue::Verbatim && !is_option(&next.option))
                .map(|next| next.option.clone().into_owned());
            // QEMU takes two dashes for one.
            let option = match argument.option.strip_prefix("--") {
                Some(_) => argument.option.get(1..).unwrap_or(&argument.option),
                None => &argument.option,
            };
            return Some(Word { option, value, argument });
        }
    })
}

fn is_option(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}
