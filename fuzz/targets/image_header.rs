//! Image headers, and names of backing files.
#![no_main]

use libfuzzer_sys::fuzz_target;
use virtargv_fuzz::judge;
use virtargv_invariants::reader;

fuzz_target!(|data: &[u8]| {
    judge(data.len(), || reader::image_header(data));
});
