//! Interpreter and tracing: instructions a second on the six workloads, and what starting costs.

// The macro below makes a public function without a doc comment.
#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ember_benches::workload;
use ember_vm::{Machine, MachinePool, NoHost, Program, RunConfig, Step, Tracer};

/// Keeps the last records, as a prover's front end does with a segment.
#[derive(Default)]
struct Segment(Vec<Step>);

impl Tracer for Segment {
    fn step(&mut self, step: Step) {
        self.0.push(step);
    }

    fn steps(&mut self, steps: &[Step]) {
        if self.0.len() > 1 << 20 {
            self.0.clear();
        }
        self.0.extend_from_slice(steps);
    }

    fn io_word(&mut self, _: u32, _: u32) {}
}

fn config() -> RunConfig {
    RunConfig { memory_limit: 8 << 20, gas_limit: u64::MAX, ..Default::default() }
}

fn throughput(c: &mut Criterion) {
    const STEPS: u64 = 10_000_000;
    for name in ember_benches::WORKLOADS {
        let program = Program::load(&workload(name, "ember.elf")).expect("a program");
        let mut group = c.benchmark_group(*name);
        group.throughput(Throughput::Elements(STEPS)).sample_size(10);
        group.bench_function("run", |b| {
            b.iter(|| {
                let mut machine = Machine::new(&program, config()).expect("fits");
                machine.run_steps(STEPS, &mut NoHost, &mut ember_vm::NoTrace)
            });
        });
        group.bench_function("run, traced", |b| {
            let mut segment = Segment::default();
            b.iter(|| {
                let mut machine = Machine::new(&program, config()).expect("fits");
                machine.run_steps(STEPS, &mut NoHost, &mut segment)
            });
        });
        group.finish();
    }
}

fn start(c: &mut Criterion) {
    let elf = workload("tiny", "ember.elf");
    let mut group = c.benchmark_group("start");
    group.bench_function("load and run", |b| {
        b.iter(|| {
            let program = Program::load(black_box(&elf)).expect("a program");
            Machine::new(&program, RunConfig::default()).expect("fits").run(&mut NoHost)
        });
    });
    let program = Program::load(&elf).expect("a program");
    group.bench_function("run of a loaded program", |b| {
        b.iter(|| Machine::new(&program, RunConfig::default()).expect("fits").run(&mut NoHost));
    });
    let mut pool = MachinePool::new(&program, 1);
    group.bench_function("run of a pooled machine", |b| {
        b.iter(|| {
            let mut machine = pool.take(RunConfig::default()).expect("fits");
            let exit = machine.run(&mut NoHost);
            pool.give(machine);
            exit
        });
    });
    group.finish();
}

criterion_group!(benches, throughput, start);
criterion_main!(benches);
