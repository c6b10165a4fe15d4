//! Proving and verifying: a call of a thousand instructions, one of five thousand, and SHA-256 in plain code.

// The macro below makes a public function without a doc comment.
#![allow(missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ember_benches::{bytes, record};
use ember_prover_adapter::{Prover, SegmentLimits, witnesses};

fn bench(c: &mut Criterion) {
    let prover = Prover::new();
    let runs = [
        ("call of 1,000", record("fibonacci", &195u32.to_le_bytes())),
        ("fibonacci 1000", record("fibonacci", b"")),
        ("sha256 of 1 KiB", record("sha256", &bytes(1024))),
    ];
    let mut group = c.benchmark_group("prover");
    group.sample_size(10);
    for (name, execution) in &runs {
        group.throughput(Throughput::Elements(execution.steps.len() as u64));
        group.bench_function(format!("replay/{name}"), |b| {
            b.iter(|| ember_trace::replay(execution).unwrap());
        });
        group.bench_function(format!("tables/{name}"), |b| {
            b.iter(|| witnesses(prover.verifier(), execution, SegmentLimits::default()).unwrap());
        });
        group.bench_function(format!("prove/{name}"), |b| {
            b.iter(|| prover.prove(execution, &mut |_| {}).unwrap());
        });
        let (statement, proof) = prover.prove(execution, &mut |_| {}).unwrap();
        group.bench_function(format!("verify/{name}"), |b| {
            b.iter(|| prover.verifier().verify(&statement, &proof).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
