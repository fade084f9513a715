//! Descriptions of hosts, and the driver's settings.
#![no_main]

use libfuzzer_sys::fuzz_target;
use virtargv_fuzz::judge;
use virtargv_invariants::reader;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    judge(data.len(), || reader::description(text).and_then(|()| reader::settings(text)));
});
