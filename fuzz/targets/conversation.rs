//! Recorded QMP conversations: the replies of a QEMU.
#![no_main]

use libfuzzer_sys::fuzz_target;
use virtargv_fuzz::{judge, release};
use virtargv_invariants::reader;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    judge(data.len(), || reader::conversation(text, release(data)));
});
