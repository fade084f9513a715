//! Documents for property tests: random trees of elements of the domain format, guests of parts that match, and noise.
//!
//! A tree is generated from a tape of random numbers, so that proptest shrinks it by shortening the tape. Values are
//! known words (`words`), and some odd ones.

mod names;
mod parts;
mod tree;
mod words;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};

pub use names::{Names, Row};
pub use parts::{Machine, guest};
pub use tree::{Tape, Tree, grow};
pub use words::{ODD, Words};

/// Well-formed documents of elements and attributes of the domain format, whose values are often invalid.
pub fn document() -> impl Strategy<Value = String> {
    vec(any::<u16>(), 0..1500).prop_map(|tape| grow(&mut Tape::new(&tape), Words::learned()).to_xml())
}

/// Documents of which most give a command line: a machine type, and many parts for it.
pub fn plausible() -> impl Strategy<Value = (Machine, String)> {
    vec(any::<u16>(), 1..60).prop_map(|tape| guest(&mut Tape::new(&tape)))
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
