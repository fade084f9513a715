//! What a command line costs in memory: allocations of a small guest, and the peak for large documents.

use virtargv::{FixedHost, Format, Release, Request, builtin};
use virtargv_benches::{KINDS, TYPICAL, of_size};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// The most allocations of the guest of `examples/server.xml`, text to command line.
const MOST_ALLOCATIONS: u64 = 250;

/// The most memory, as a multiple of the text: the table of the document, the domain, its command line, and that as text.
const MOST_TIMES: usize = 12;

/// What `call` allocates, in number, and the peak of what is allocated at a time, in bytes.
fn measure<T>(call: impl FnOnce() -> T) -> (u64, usize) {
    let _profiler = dhat::Profiler::builder().testing().trim_backtraces(Some(1)).build();
    std::hint::black_box(call());
    let stats = dhat::HeapStats::get();
    (stats.total_blocks, stats.max_bytes)
}

// The profiler counts for the whole process, so there is one test.
#[test]
fn memory_is_within_its_limits() {
    let caps = builtin::get("qemu-10.0-x86_64", Release::V11_3).unwrap();
    let host = FixedHost::default();
    let request = Request::new(&caps, &host);
    // Of some kinds a guest does not have so many. What is refused is within the limit too.
    let run = |text: &str| {
        let line = virtargv::command_line(text, &request);
        std::hint::black_box(line.map(|line| line.print(Format::Args, None))).is_ok()
    };
    // What is made once, such as the index of machine types, is not counted.
    assert!(run(TYPICAL), "the guest is accepted");
    let (allocations, _) = measure(|| run(TYPICAL));
    println!("a small guest: {allocations} allocations");
    assert!(allocations < MOST_ALLOCATIONS, "a small guest takes {allocations} allocations");
    for (kind, device) in KINDS {
        let text = of_size(1 << 20, *device);
        let (_, peak) = measure(|| run(&text));
        let tenths = peak * 10 / text.len();
        println!("1 MB of {kind}: {}.{} times the text", tenths / 10, tenths % 10);
        assert!(tenths < MOST_TIMES * 10, "1 MB of {kind}: {}.{} times the text", tenths / 10, tenths % 10);
    }
}
