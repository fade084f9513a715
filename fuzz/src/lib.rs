//! What the targets have in common: an input is judged within its budget of time and memory, and a fault ends the process.
//!
//! The invariants are those of the crate `virtargv-invariants`, which the tests check too.

use rustix::time::{ClockId, clock_gettime};
use virtargv::Release;
use virtargv_invariants::Fault;

/// The bytes that may be in use at one time, for any input. Learning the words of the format once is within it.
const MEMORY: u64 = 64 << 20;
/// The bytes that may be in use for each byte of the input. It is run under one release, some eight times.
const MEMORY_PER_BYTE: u64 = 16 << 10;
/// The nanoseconds of processor time for any input.
const TIME: i64 = 1_000_000_000;
/// The nanoseconds of processor time for each byte of the input.
const TIME_PER_BYTE: i64 = 1_000_000;

/// Runs `check` on an input of `length` bytes.
///
/// # Panics
/// An invariant does not hold, or the input costs more time or memory than its length justifies.
pub fn judge(length: usize, check: impl Fn() -> Result<(), Fault>) {
    let start = now();
    let mut result = Ok(());
    let used = allocation_counter::measure(|| result = check());
    let mut time = now() - start;
    if let Err(fault) = result {
        panic!("{fault}");
    }
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let most = TIME.saturating_add(TIME_PER_BYTE.saturating_mul(length));
    if time > most {
        // A busy machine is no fault of the input.
        let start = now();
        let _ = check();
        time = time.min(now() - start);
    }
    assert!(time <= most, "{length} bytes of input took {time} ns, more than {most}");
    let most = MEMORY.saturating_add(MEMORY_PER_BYTE.saturating_mul(length.unsigned_abs()));
    assert!(used.bytes_max <= most, "{length} bytes of input needed {} bytes at one time", used.bytes_max);
}

/// The processor time of this thread in nanoseconds.
fn now() -> i64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec)
}

/// The release under which an input is judged: inputs of other lengths have others.
pub fn release(data: &[u8]) -> Release {
    Release::ALL.get(data.len() % Release::ALL.len()).copied().unwrap_or_default()
}
