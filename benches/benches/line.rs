//! Benchmarks: one group for each stage, one for all stages, and `roxmltree`, which only parses the XML.

#![allow(clippy::expect_used, reason = "a benchmark that cannot be set up must stop")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use virtargv::{Caps, FixedHost, Release, Request, builtin};
use virtargv_benches::document;

/// The numbers of disks in the documents.
const SIZES: [usize; 4] = [1, 10, 100, 1000];

fn caps() -> Caps {
    builtin::get("qemu-10.0-x86_64", Release::V11_3).expect("a built-in set")
}

fn stages(c: &mut Criterion) {
    let (caps, host) = (caps(), FixedHost::default());
    let request = Request::new(&caps, &host);
    for size in SIZES {
        let text = document(size);
        assert!(virtargv::command_line(&text, &request).is_ok(), "the document is accepted");
        let bytes = Throughput::Bytes(text.len() as u64);
        let mut group = c.benchmark_group("roxmltree");
        group.throughput(bytes.clone());
        group.bench_with_input(BenchmarkId::from_parameter(size), &text, |b, text| {
            b.iter(|| roxmltree::Document::parse(text).map(|d| d.descendants().count()));
        });
        group.finish();

        let mut group = c.benchmark_group("model");
        group.throughput(bytes.clone());
        group.bench_with_input(BenchmarkId::from_parameter(size), &text, |b, text| {
            b.iter(|| virtargv_model::parse(text));
        });
        group.finish();

        let domain = virtargv_model::parse(&text).value.expect("a domain");
        let resolve = || virtargv_resolve::resolve(domain.clone().into(), &request);
        let mut group = c.benchmark_group("resolve");
        group.throughput(bytes.clone());
        group.bench_function(BenchmarkId::from_parameter(size), |b| b.iter(resolve));
        group.finish();

        let resolved = resolve();
        let validate = || virtargv_validate::validate(resolved.clone(), &request);
        let mut group = c.benchmark_group("validate");
        group.throughput(bytes.clone());
        group.bench_function(BenchmarkId::from_parameter(size), |b| b.iter(validate));
        group.finish();

        let validated = validate();
        let mut group = c.benchmark_group("qemu-cmd");
        group.throughput(bytes.clone());
        group.bench_function(BenchmarkId::from_parameter(size), |b| {
            b.iter(|| virtargv_qemu_cmd::build(validated.clone(), &request));
        });
        group.finish();

        let mut group = c.benchmark_group("end-to-end");
        group.throughput(bytes);
        group.bench_with_input(BenchmarkId::from_parameter(size), &text, |b, text| {
            b.iter(|| virtargv::command_line(text, &request));
        });
        group.finish();
    }
}

criterion_group!(benches, stages);
criterion_main!(benches);
