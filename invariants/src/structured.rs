//! Structured domains, made of the strategies' parts by a tape, and hostile values in them.

use virtargv::{FixedHost, Release, Request};
use virtargv_model::escaped;
use virtargv_strategies::{Tape, Words, grow, guest};

use crate::{Fault, document, hostile};

/// Checks a guest of parts, with a hostile value somewhere in it, and a random tree of the format. `data` has the choices.
///
/// # Errors
/// The first invariant that does not hold.
pub fn check(data: &[u8], release: Release) -> Result<(), Fault> {
    let tape: Vec<u16> = data
        .chunks(2)
        .map(|pair| {
            u16::from_le_bytes([pair.first().copied().unwrap_or(0), pair.get(1).copied().unwrap_or(0)])
        })
        .collect();
    let mut choices = Tape::new(&tape);
    let (place, value) = (choices.below(usize::from(u16::MAX)), choices.below(usize::from(u16::MAX)));
    let rest = tape.get(2..).unwrap_or_default();
    if place % 4 == 3 {
        let text = grow(&mut Tape::new(rest), Words::learned()).to_xml();
        return document::check(&text, virtargv_strategies::Machine::Q35, release);
    }
    let (machine, text) = guest(&mut Tape::new(rest));
    document::check(&text, machine, release)?;
    let caps = machine.caps(release);
    let host = FixedHost { arch: machine.arch(), ..FixedHost::default() };
    let request = Request::new(&caps, &host);
    let places = places(&text);
    let (Some(&(from, to)), Some(value)) = (
        places.get(place.checked_rem(places.len()).unwrap_or(0)),
        hostile::VALUES.get(value % hostile::VALUES.len()),
    ) else {
        return Ok(());
    };
    let with = |value: &str| put(&text, (from, to), value);
    hostile::check(with, value, &request)?;
    document::check(&with(value), machine, release)
}

/// `text` with `value` at a place.
pub fn put(text: &str, (from, to): (usize, usize), value: &str) -> String {
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or("");
    format!("{}{}{}", part(0..from), escaped(value, Some('\'')), part(to..text.len()))
}

/// Where the values of attributes and the texts of elements of a document are, as ranges of bytes. Markup that is not
/// plain has none: declarations, comments, CDATA.
pub fn places(text: &str) -> Vec<(usize, usize)> {
    let mut places = Vec::new();
    let mut at = 0;
    while let Some(open) = text.get(at..).and_then(|rest| rest.find('<')).map(|open| at + open) {
        let between = text.get(at..open).unwrap_or("");
        if at > 0 && !between.trim().is_empty() {
            places.push((at, open));
        }
        let Some(close) = tag_end(text, open) else { break };
        if !text.get(open..).is_some_and(|tag| tag.starts_with("<!") || tag.starts_with("<?")) {
            values(text, open, close, &mut places);
        }
        at = close + 1;
    }
    places
}

/// The end of the tag that begins at `open`: its `>` outside of quotes.
fn tag_end(text: &str, open: usize) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'\'' | b'"') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

/// The values of the attributes of a tag.
fn values(text: &str, open: usize, close: usize, places: &mut Vec<(usize, usize)>) {
    let mut start: Option<(usize, u8)> = None;
    for (at, byte) in text.bytes().enumerate().take(close).skip(open) {
        match (start, byte) {
            (None, b'\'' | b'"') => start = Some((at + 1, byte)),
            (Some((from, quote)), byte) if quote == byte => {
                places.push((from, at));
                start = None;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_found() {
        let text = "<?xml version='1.0'?><a b='1' c=\"2\">\n <d>3</d><!-- 4 --><e/></a>";
        let found: Vec<&str> = places(text).into_iter().map(|(from, to)| &text[from..to]).collect();
        assert_eq!(found, ["1", "2", "3"]);
        assert_eq!(put("<a b='1'/>", (6, 7), "<'"), "<a b='&lt;&apos;'/>");
    }
}
