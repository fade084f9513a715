//! Structured domains, made of a tape of numbers, and hostile values in them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use virtargv_fuzz::{judge, release};
use virtargv_invariants::structured;

fuzz_target!(|data: &[u8]| {
    judge(data.len(), || structured::check(data, release(data)));
});
