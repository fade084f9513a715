//! Benchmarks: one group for each stage with those before it, one for `check`, and `roxmltree`, which only parses the XML.

#![allow(clippy::expect_used, reason = "a benchmark that cannot be set up must stop")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use virtargv_benches::document;
use virtargv_benches::stages::{Bench, Work};

/// The numbers of disks in the documents.
const SIZES: [usize; 4] = [1, 10, 100, 1000];

fn stages(c: &mut Criterion) {
    let bench = Bench::new().expect("a built-in set");
    for size in SIZES {
        let text = document(size);
        assert!(bench.accepts(&text), "the document is accepted");
        for work in Work::ALL {
            let mut group = c.benchmark_group(work.name());
            group.throughput(Throughput::Bytes(text.len() as u64));
            group.bench_with_input(BenchmarkId::from_parameter(size), &text, |b, text| {
                b.iter(|| bench.run(work, text));
            });
            group.finish();
        }
    }
}

criterion_group!(benches, stages);
criterion_main!(benches);
