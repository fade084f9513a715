//! The known words of attributes, learned from the messages of `attribute-value`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{Tape, grow};

/// Values that are valid for some attributes only.
pub const ODD: &[&str] = &[
    "",
    " ",
    "0",
    "1",
    "2",
    "3",
    "5",
    "8",
    "16",
    "31",
    "32",
    "64",
    "255",
    "256",
    "1024",
    "4096",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "-1",
    "-2",
    "+1",
    "007",
    "0x",
    "0x0",
    "0x10",
    "0xffffffff",
    "1.5",
    "1e3",
    "yes",
    "no",
    "on",
    "off",
    "auto",
    "none",
    "default",
    "static",
    "x",
    "a,b",
    "a=b",
    "it's",
    "\"",
    "&<>",
    "a\nb",
    "\t",
    "é",
    "\u{1F980}",
    "../..",
    "/",
    "/dev/sda",
    "/dev/null",
    "vda",
    "sdb",
    "hdc",
    "fda",
    "0-3",
    "0-3,^2",
    "1,3",
    "16383",
    "0-16384",
    "52:54:00:12:34:56",
    "01:00:00:00:00:00",
    "c7a5fdbd-edaf-9455-926a-d65c16db1809",
    "192.0.2.1",
    "::1",
    "2001:db8::1/64",
    "host.example",
    "80",
    "KiB",
    "MiB",
    "EiB",
    "raw",
    "qcow2",
    "ua-mine",
    "net0",
    "pci.0",
    "1.2.3.4",
    "2024-02-29T12:00:00",
    "%41",
    "$HOME",
    "`id`",
    ";",
    "-S",
    "0000:01:02.3",
];

/// Known words by element and attribute.
#[derive(Debug, Default)]
pub struct Words(BTreeMap<(String, String), Vec<String>>);

/// A value that is valid for no attribute.
const WRONG: &str = "?";
/// The number of rounds of learning. Some attributes are read only if another one has a known word.
const ROUNDS: u32 = 4;
/// The number of trees in a round.
const TREES: u32 = 400;

static WORDS: LazyLock<Words> = LazyLock::new(Words::learn);

impl Words {
    /// The words, which are learned on first use.
    pub fn learned() -> &'static Self {
        &WORDS
    }

    /// The known words of an attribute.
    pub fn of(&self, element: &str, attribute: &str) -> &[String] {
        let key = (element.to_owned(), attribute.to_owned());
        self.0.get(&key).map(Vec::as_slice).unwrap_or_default()
    }

    fn learn() -> Self {
        let mut words = Self::default();
        let mut state = 1u32;
        for _ in 0..ROUNDS {
            let mut found = Self::default();
            for _ in 0..TREES {
                let tape: Vec<u16> = (0..1200).map(|_| next(&mut state)).collect();
                let text = grow(&mut Tape::asking(&tape, WRONG), &words).to_xml();
                for problem in &virtargv_model::parse(&text).report {
                    found.listen(&problem.message, problem.help());
                }
            }
            words.0.extend(found.0);
        }
        words
    }

    /// Adds the words of a problem "... for `A` of `<E>`" with the help "use one of `X`, `Y`", or "use `X` or `Y`".
    fn listen(&mut self, message: &str, help: &str) {
        let begun = help.strip_prefix("use one of `").or_else(|| help.strip_prefix("use `"));
        let Some(known) = begun.and_then(|known| known.strip_suffix('`')) else {
            return;
        };
        let Some((_, about)) = message.split_once("for `") else { return };
        let Some((attribute, about)) = about.split_once("` of `<") else { return };
        let Some((element, _)) = about.split_once('>') else { return };
        let words = known.split("`, `").flat_map(|known| known.split("` or `")).map(str::to_owned).collect();
        self.0.insert((element.to_owned(), attribute.to_owned()), words);
    }
}

/// A linear congruential generator, so that the trees are the same in every run.
fn next(state: &mut u32) -> u16 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    (*state >> 16) as u16
}
