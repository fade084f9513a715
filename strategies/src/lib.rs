//! Strategies of [proptest] for whoever tests a program that reads or makes libvirt domain documents.
//!
//! | strategy | makes |
//! |---|---|
//! | [`plausible`], [`plausible_domain`] | guests of parts that match their machine type: most of them give a command line |
//! | [`document`], [`domain`] | random trees of the elements and attributes of the domain format, whose values are often invalid |
//! | [`noise`] | texts that are not documents |
//!
//! The first of each pair makes texts, the other typed [`Domain`]s. A document is generated from a tape of random numbers
//! ([`Tape`]), so that proptest shrinks it by shortening the tape: a failure is shown for a small document.
//!
//! ```
//! use proptest::prelude::*;
//! use virtargv_strategies::plausible_domain;
//!
//! proptest!(|((machine, domain) in plausible_domain())| {
//!     // What a program of one's own must keep: here, that a written domain is read again as it was.
//!     let text = virtargv_model::format(&domain);
//!     let again = virtargv_model::parse(&text).value;
//!     prop_assert_eq!(again.as_deref(), Some(&domain));
//!     prop_assert_eq!(domain.os.machine.as_deref(), Some(machine.name()));
//! });
//! ```
//!
//! Texts that no program should stumble over:
//!
//! ```
//! use proptest::prelude::*;
//!
//! proptest!(|(text in virtargv_strategies::noise())| {
//!     let _ = virtargv_model::parse(&text);
//! });
//! ```

pub mod hotplug;
mod names;
mod parts;
mod tree;
mod words;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use virtargv_model::Domain;

pub use names::{Names, Row};
pub use parts::{Machine, guest};
pub use tree::{Tape, Tree, grow};
pub use words::{ODD, Words};

/// Well-formed documents of elements and attributes of the domain format, whose values are often invalid.
pub fn document() -> impl Strategy<Value = String> {
    vec(any::<u16>(), 0..1500).prop_map(|tape| grow(&mut Tape::new(&tape), Words::learned()).to_xml())
}

/// The domains of [`document`], read: what could not be read is left out of them.
pub fn domain() -> impl Strategy<Value = Domain> {
    document().prop_filter_map("the document cannot be read", |text| read(&text))
}

/// Documents of which most give a command line: a machine type, and many parts for it.
pub fn plausible() -> impl Strategy<Value = (Machine, String)> {
    vec(any::<u16>(), 1..60).prop_map(|tape| guest(&mut Tape::new(&tape)))
}

/// The domains of [`plausible`], with their machine type.
pub fn plausible_domain() -> impl Strategy<Value = (Machine, Domain)> {
    plausible()
        .prop_filter_map("the document cannot be read", |(machine, text)| Some((machine, read(&text)?)))
}

fn read(text: &str) -> Option<Domain> {
    virtargv_model::parse(text).value.map(|domain| *domain)
}

/// Texts that are not documents: any characters, and pieces of XML in any order.
pub fn noise() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<domain"),
        Just("<domain type='kvm'>"),
        Just("</domain>"),
        Just("<"),
        Just(">"),
        Just("/>"),
        Just("<a>"),
        Just("</a>"),
        Just("'"),
        Just("\""),
        Just("="),
        Just("&amp;"),
        Just("&#0;"),
        Just("&#x41;"),
        Just("&x;"),
        Just("<!DOCTYPE a [<!ENTITY x 'y'>]>"),
        Just("<!--"),
        Just("-->"),
        Just("<![CDATA["),
        Just("]]>"),
        Just("<?xml version='1.0'?>"),
        Just(" xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'"),
        Just("\u{feff}"),
        Just("\u{0}"),
        Just("\n"),
        Just("<devices>"),
        Just("<disk"),
        Just("18446744073709551616"),
    ];
    prop_oneof![
        vec(any::<u8>(), 0..300).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        ".{0,200}",
        vec(piece, 0..60).prop_map(|pieces| pieces.concat()),
    ]
}

#[cfg(test)]
mod tests {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::*;

    /// Counts the values of 64 that are as `is` says.
    fn count<T: std::fmt::Debug>(strategy: &impl Strategy<Value = T>, is: impl Fn(&T) -> bool) -> usize {
        let mut runner = TestRunner::deterministic();
        let mut values = (0..64).map(|_| strategy.new_tree(&mut runner).unwrap().current());
        values.by_ref().filter(|value| is(value)).count()
    }

    #[test]
    fn guests_can_be_read_and_have_devices() {
        assert_eq!(count(&plausible(), |(_, text)| virtargv_model::parse(text).report.is_empty()), 64);
        assert!(count(&plausible_domain(), |(_, domain)| domain.devices.disks.len() > 1) > 16);
    }

    #[test]
    fn trees_have_problems_and_most_can_be_read() {
        assert!(count(&document(), |text| !virtargv_model::parse(text).report.is_empty()) > 48);
        assert!(count(&domain(), |domain| *domain != Domain::default()) > 48);
    }

    #[test]
    fn a_shorter_tape_makes_a_smaller_guest() {
        let tape: Vec<u16> = (0..60).map(|n| n * 977).collect();
        let size = |length: usize| guest(&mut Tape::new(&tape[..length])).1.len();
        assert!(size(10) < size(30) && size(30) < size(60));
    }

    #[test]
    fn the_words_of_attributes_are_learned() {
        let check = |element: &str, attribute: &str, word: &str| {
            let known = Words::learned().of(element, attribute);
            assert!(known.iter().any(|known| known == word), "{element}/@{attribute}: {known:?}");
        };
        check("target", "bus", "virtio");
        check("driver", "cache", "writeback");
        check("teaming", "type", "persistent");
    }
}
