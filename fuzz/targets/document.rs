//! The text of a domain document.
#![no_main]

use libfuzzer_sys::fuzz_target;
use virtargv_fuzz::{judge, release};
use virtargv_invariants::document;
use virtargv_strategies::Machine;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    judge(data.len(), || document::check(text, Machine::of_document(text), release(data)));
});
