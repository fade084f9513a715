//! Documents for property tests: random trees of the format's own names, guests put together from parts that fit, and
//! plain noise.
//!
//! A tree is grown from a tape of random numbers, so that proptest makes it smaller by making the tape shorter. Values
//! are words that the model itself offers (`words`), with odd ones in between.

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

/// Documents that are well-formed and use the format's names where they belong, with values that often are not what
/// belongs there.
pub fn document() -> impl Strategy<Value = String> {
    vec(any::<u16>(), 0..1500).prop_map(|tape| grow(&mut Tape::new(&tape), Words::learned()).to_xml())
}

/// Documents of which most can be completed and emitted: a machine, and parts that fit it, many times over.
pub fn plausible() -> impl Strategy<Value = (Machine, String)> {
    vec(any::<u16>(), 1..60).prop_map(|tape| guest(&mut Tape::new(&tape)))
}

/// What is no document: any bytes, any characters, and pieces of XML in no order.
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
