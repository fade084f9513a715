//! Instructions of one call, counted by callgrind: the typical guest, a large one, and one with 1000 devices.
//!
//! `benches/count` runs it and compares with `instructions.txt`.

#![allow(clippy::expect_used, reason = "a benchmark that cannot be set up must stop")]
#![allow(missing_docs, reason = "the macros make modules")]

use std::hint::black_box;

use gungraun::prelude::*;
use virtargv_benches::stages::{Bench, Work};
use virtargv_benches::{TYPICAL, document};

/// A document and what it is done with.
struct Given {
    bench: Bench,
    text: String,
}

fn given(text: String) -> Given {
    let bench = Bench::new().expect("a built-in set");
    assert!(bench.accepts(&text), "the document is accepted");
    Given { bench, text }
}

// What is returned is dropped after the count.
macro_rules! counted {
    ($($name:ident: $work:expr;)+) => {
        $(
            #[library_benchmark(setup = given)]
            #[bench::typical(TYPICAL.to_owned())]
            #[bench::large(document(50))]
            #[bench::thousand(document(1000))]
            fn $name(given: Given) -> Given {
                given.bench.run(black_box($work), &given.text);
                given
            }
        )+
        library_benchmark_group!(name = works, benchmarks = [$($name),+]);
    };
}

counted! {
    xml: Work::Xml;
    read: Work::Read;
    line: Work::Build;
    print: Work::Print;
    check: Work::Check;
}

main!(library_benchmark_groups = works);
